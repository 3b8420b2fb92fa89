"""The group of all commands."""

import click

from gateway.cli.faults import report


class Commands(click.Group):
    """The commands in the order in which one meets them; what they raise is told in a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of their registration."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; without --debug no traceback is shown."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            ctx.exit(report(error))
