"""`newop-gen schema`: the JSON Schema of a spec."""

from __future__ import annotations

import click

from ..problems import Exit


@click.command("schema", short_help="Print the JSON Schema of a spec.")
def command() -> int:
    """Print the JSON Schema of a spec, for editors and other tools.

    \b
    Examples:
      newop-gen schema > newop-spec.schema.json
    """
    from ..spec.schema import schema_text

    click.echo(schema_text(), nl=False)
    return Exit.DONE
