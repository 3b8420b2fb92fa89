"""What is to be said of files that are missing, cannot be read, or are named as nothing is read."""

from pathlib import Path

from gateway.conf.files import GATEWAY, Files
from gateway.errors import Problem


def no_gateway(files: Files) -> Problem:
    """There is no gateway.yaml."""
    right = "rename gateway.yml" if "gateway.yml" in files.content else "feedback-gateway init DIR makes one"
    return Problem(GATEWAY, 0, 0, "", f"there is no {GATEWAY} in {files.folder} ({right})")


def misnamed(path: str) -> Problem:
    """A file that ends in .yml, say."""
    right = f"{Path(path).stem}.yaml"
    return Problem(path, 0, 0, "", f"only files named .yaml are read here (rename it to {right})")


def unreadable(files: Files, start: str) -> list[Problem]:
    """The files that cannot be read, of those whose path begins so."""
    return [
        Problem(path, 0, 0, "", f"the file cannot be read: {why} (mend that, or remove it)")
        for path, why in files.unreadable.items()
        if path.startswith(start)
    ]
