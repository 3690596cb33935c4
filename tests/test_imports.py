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
