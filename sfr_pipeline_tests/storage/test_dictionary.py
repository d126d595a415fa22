import re

from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.dictionary import data_dictionary
from sfr_pipeline.storage.publish import MACROS
from sfr_pipeline_tests.storage.samples import SFRI, VINTAGES, WEIGHTS


def test_the_page_names_every_table_key_column_type_unit_and_description():
    page = data_dictionary([SFRI, VINTAGES, WEIGHTS])
    for table in (SFRI, VINTAGES, WEIGHTS):
        assert f"\n## {table.name}\n\n{table.description}\n" in page
        for column in table.columns:
            cells = f"| `{column.name}` | {column.type} | {column.unit} |"
            assert cells in page
    assert "- Key: `mode`, `ref_date`" in page
    assert "- One Parquet file a month of `as_of`" in page
    assert "- Always: weight sums to 1 within each ref_date (tolerance 1e-09)" in page
    assert "| `weight` | double | share | no | ≥ 0, ≤ 1 | Its weight. |" in page


def test_a_bar_or_line_break_in_a_description_stays_within_its_cell():
    table = Table("t", "T.", (Column("a", "int", "either|or\nboth"),), key=("a",))
    assert "| `a` | int |  | no |  | either\\|or both |" in data_dictionary([table])


def test_every_macro_has_a_row_with_its_arguments_and_its_comment(tmp_path):
    macros = tmp_path / "macros.sql"
    macros.write_text(
        "CREATE MACRO twice(market, month := NULL) AS TABLE SELECT 1 AS one;"
        "COMMENT ON MACRO TABLE twice IS 'This | that.';",
        encoding="utf-8",
    )
    assert "\n| `twice` | `market`, `month` | This \\| that. |\n" in data_dictionary([SFRI], macros)
    told = data_dictionary([SFRI])
    for name in re.findall(r"CREATE OR REPLACE MACRO (\w+)", MACROS.read_text(encoding="utf-8")):
        assert f"\n| `{name}` | `market`" in told
