"""The command line."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys

_COMMANDS = {
    "up": "run everything here; what isn't configured is brought along",
    "demo": "play an incident from alert to report",
    "serve": "run webhooks, Slack and the projector",
    "worker": "run a worker: `wait` or `act`",
    "doctor": "check the settings and everything they point at",
    "ask": "ask a question, as a mention does in Slack",
    "incidents": "list incidents, or show one",
    "audit": "verify or export what was decided and done",
    "stop": "stop everything, a service or an incident, or list what is stopped",
    "resume": "let it go on, and set a service's breaker back",
    "runbooks": "list the runbooks, or lint them",
    "policy": "say what policy would decide and why, test it, or lint it",
    "drill": "kill opsbot at every point, and judge what is left",
    "bench": "measure what an investigation and a click cost",
}


def main(argv: list[str] | None = None) -> int:
    """Run a command; its exit code. Each command is imported only when it is called."""
    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="opsbot",
        description="An incident bot that diagnoses, proposes, asks, acts, verifies and reports.",
        epilog="Begin with `opsbot demo`. Settings: environment or .env, see README.md.",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="say what is going on")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((a for a in arguments if not a.startswith("-")), "")
    for name, told in _COMMANDS.items():
        command = commands.add_parser(name, help=told, description=told.capitalize() + ".")
        if name == wanted:
            module = importlib.import_module(f"bot.cli.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    _keep_secrets_out()
    try:
        code: int = options.run(options)
    except KeyboardInterrupt:
        return 130
    return code


def _keep_secrets_out() -> None:
    from bot import settings
    from bot.redaction.log_records import keep_secrets_out
    from bot.redaction.redactor import Redactor

    # Also where the settings don't fit together: that is when they are quoted.
    keep_secrets_out(Redactor(settings.secrets_of(settings.variables())))


if __name__ == "__main__":
    sys.exit(main())
