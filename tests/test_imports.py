"""What the import contracts in `pyproject.toml` cannot say (`make lint` checks those)."""

import grimp


def test_a_features_tables_are_imported_by_that_feature_alone() -> None:
    graph = grimp.build_graph("tengen")
    trespassers = {
        (importer, table)
        for table in graph.modules
        if table.endswith(".models") and not table.startswith("tengen.client.")
        for importer in graph.find_modules_that_directly_import(table)
        if importer.split(".")[:2] != table.split(".")[:2]
    }
    assert trespassers == set()


def test_the_client_library_imports_nothing_of_the_platform_but_what_is_signed_and_the_rules_of_go() -> None:
    # The contract lists what is forbidden; this holds for what is not in the list yet, too.
    graph = grimp.build_graph("tengen")
    imported = {
        module.split(".")[1]
        for part in ("tengen.client", "tengen.proofs", "tengen.receipts", "tengen.signatures")
        for importer in {part, *graph.find_descendants(part)}
        for module in graph.find_modules_directly_imported_by(importer)
        if "." in module
    }
    assert imported <= {"client", "proofs", "receipts", "signatures", "go"}
