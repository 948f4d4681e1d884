"""The command group: commands by name, imported when used, and the one place where errors become exit codes."""

from __future__ import annotations

import difflib
import gc
import importlib
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..problems import Exit, NewopError, Place, Problem
from .output import Wanted, complain, emit_json, error_line, remark, say, wanted
from .streams import outlive_readers

# Name -> module below this package that holds it as `command`. In the order in which help lists them.
COMMANDS = {
    "init": "init",
    "data": "data",
    "apply": "apply",
    "remove": "remove",
    "update": "update",
    "status": "status",
    "verify": "verify",
    "recover": "recover",
    "pr-text": "pr_text",
    "validate": "validate",
    "explain": "explain",
    "schema": "schema",
    "detect": "detect",
    "doctor": "doctor",
    "sandbox": "sandbox",
    "cache": "cache",
}

EXIT_INTERNAL = 70  # EX_SOFTWARE of sysexits.h
EXIT_SIGINT = 130
SHOWN_CHECKOUTS = 5


class Group(click.Group):
    """A group that imports its commands lazily and turns every error into a message and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f".{COMMANDS[cmd_name]}", __package__).command
        assert isinstance(command, click.Command)
        return _equipped(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else f"; expected one of {', '.join(COMMANDS)}"
            raise click.UsageError(f"No such command {name!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and exit. Commands return their exit code, or None for 0."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        sys.exit(self._exit_code(args, prog_name, complete_var, **extra))

    def _exit_code(
        self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, **extra: Any
    ) -> int:
        vars(wanted).update(vars(Wanted()))
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except NewopError as error:
            complain(error.problems)
            _tell_failure(error.exit_code, error.problems)
            return int(error.exit_code)
        except click.ClickException as error:
            wanted.as_json = "--json" in (sys.argv[1:] if args is None else args)
            hint = _checkout_near(error)
            _usage(error, hint)
            _tell_failure(Exit.SPEC, [replace(_problem("usage", error.format_message()), suggestion=hint)])
            return Exit.SPEC
        except (click.Abort, KeyboardInterrupt):
            error_line("interrupted")
            return EXIT_SIGINT
        except OSError as error:
            error_line(f"{error.filename or 'newop-gen'}: {error.strerror or error}")
            _tell_failure(Exit.IO, [Problem(Place(str(error.filename or "newop-gen")), str(error.strerror or error))])
            _debug()
            return Exit.IO
        except Exception as error:
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            error_line(f"internal error, please report it with your spec: {what} (NEWOP_GEN_DEBUG=1 shows where)")
            _tell_failure(EXIT_INTERNAL, [_problem("internal", what)])
            _debug()
            return EXIT_INTERNAL
        return code if isinstance(code, int) else Exit.DONE


def _equipped(command: click.Command) -> click.Command:
    """The command with what all commands have: --quiet, and a failure as JSON where it takes --json."""

    def be_quiet(_: click.Context, __: click.Parameter, value: bool) -> bool:
        wanted.quiet = wanted.quiet or value
        return value

    def want_json(_: click.Context, __: click.Parameter, value: bool) -> bool:
        wanted.as_json = value
        return value

    if not any(param.name == "quiet" for param in command.params):
        command.params.append(
            click.Option(
                ["-q", "--quiet"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=be_quiet,
                help="Print errors and asked-for data only; the exit code tells the rest.",
            )
        )
    for param in command.params:
        if param.name == "as_json":
            param.callback = want_json
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _equipped(each)
    return command


def _tell_failure(exit_code: int, problems: list[Problem]) -> None:
    """A failure as JSON, where that was asked for and the command has printed none of its own."""
    if wanted.as_json and not wanted.emitted:
        from ..review.report import failure

        emit_json(failure(exit_code, problems))


def _problem(code: str, found: str) -> Problem:
    return Problem(Place("newop-gen"), found, code=code)


def _usage(error: click.ClickException, hint: str) -> None:
    context = getattr(error, "ctx", None)
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # a group alone, from click 8.2 on
        error.show()
        return
    if isinstance(error, click.UsageError) and context is not None:
        remark(context.get_usage())
    error_line(f"{error.format_message()} ({hint})" if hint else error.format_message())
    if context is not None:
        remark(f"`{context.command_path} --help` explains it")


def _checkout_near(error: click.ClickException) -> str:
    """For a missing `--checkout`: the one that one is in, or beside. It is named, never taken: what a command writes to
    is said by whoever runs it."""
    missing = error.param if isinstance(error, click.MissingParameter) else None
    if missing is None or missing.name != "checkout":
        return ""
    from ..checkout.around import checkout_around, checkouts_in

    try:
        here = Path.cwd()
        around = checkout_around(here)
        beside = [] if around else checkouts_in(here)
    except OSError:
        return ""
    if around is not None:
        at = os.path.relpath(around, here)
        return f"this directory is {'a' if at == '.' else 'in a'} checkout: add `--checkout {shlex.quote(at)}`"
    if len(beside) == 1:
        return f"there is a checkout in this directory: add `--checkout {shlex.quote(beside[0])}`"
    return f"checkouts in this directory: {', '.join(beside[:SHOWN_CHECKOUTS])}" if beside else ""


def _debug() -> None:
    if os.environ.get("NEWOP_GEN_DEBUG") == "1":
        traceback.print_exc()


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from .. import __version__

        click.echo(f"newop-gen {__version__}")
        ctx.exit()


@click.group(
    cls=Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """One YAML op spec to a working operation in an aiconfigurator checkout.

    \b
    Examples:
      newop-gen sandbox 0.8.0 practice
      newop-gen apply specs/new_op.yaml --checkout practice --dry-run
      newop-gen apply specs/new_op.yaml --checkout practice

    Exit codes: 0 done or nothing to do; 1 a check found something; 2 spec or usage; 3 the checkout was refused; 4
    conflict with hand edits; 5 input or output failed; 6 an interrupted apply was found.
    """
    if ctx.invoked_subcommand is None:
        from ..resources import specs_dir
        from .next import advice

        for line in advice(Path.cwd(), specs_dir()):
            say(line)


def main() -> None:
    """The console script."""
    # A run is short, and what it makes most of is syntax trees: a million objects that stay, and that the collector
    # would walk again and again.
    gc.set_threshold(1_000_000, 20, 20)
    outlive_readers()
    try:
        cli(prog_name="newop-gen")
    finally:
        # Nor is it worth a last walk to free them one by one: the process ends.
        gc.freeze()
