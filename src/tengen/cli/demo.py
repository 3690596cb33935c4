import typer
app = typer.Typer(add_completion=False)
@app.command("demo")
def demo() -> None:
    """x"""
