"""Writing to a checkout: transactions that are recoverable to all-old or all-new, receipts, removal, recovery.

Nothing is planned here: what is written was made before, and whoever finds it stale makes it again (`runs`).
"""
