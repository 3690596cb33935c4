"""The `tengen` program's entry."""

import gc


def main() -> None:
    """Run the command line, or say what is missing for it."""
    # Imports make a million objects that stay: to look for garbage among them costs a tenth of the start. Each command
    # turns it on again before it begins (`tengen.cli.commands`).
    gc.disable()
    try:
        from tengen.cli.main import app
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("tengen"):
            raise
        raise SystemExit(
            f"The command line needs the platform's packages ({error.name} is missing): pip install 'tengen[server]'"
        ) from error
    gc.freeze()  # and what is here now stays to the end
    app(prog_name="tengen")


if __name__ == "__main__":
    main()
