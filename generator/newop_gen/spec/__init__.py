"""Reading a spec: bounded YAML with places, the model, and the checks across its fields.

`load.load_specs` and `schema.schema_text` are what the command line calls. Nothing is imported here, so that pydantic
and PyYAML are loaded by the commands that need them.
"""
