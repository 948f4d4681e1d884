"""What runs in the user's interpreter, beside the checkout: calls are made and values given back, nothing is judged.

The code here is started by path in an interpreter that has no newop_gen, so it imports the standard library and, when
asked to, the checkout. It runs on Python 3.9 and later.
"""
