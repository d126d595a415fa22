"""A panel in any layout becomes the same market, whose index is that of the panel."""

import numpy as np
import pandas as pd
import pytest
import yaml

from sfr_pipeline.drafting.panel import draft_panel
from sfr_pipeline.drafting.post_file import read_posts
from sfr_pipeline.drafting.price_files import read_price_files
from sfr_pipeline.drafting.reading import read_panel
from sfr_pipeline.econometrics import TVPFAVAR
from sfr_pipeline.errors import SourceError, TooShortError
from sfr_pipeline.index.indicators import deliver_indicators
from sfr_pipeline.index.panel import build_panel
from sfr_pipeline.index.sfri import index_tables_of
from sfr_pipeline.markets import load_market, read_market
from sfr_pipeline.report.summary import summary_text
from sfr_pipeline_tests.drafting.made_up import LAYOUTS, LEVELS, panel, wide
from sfr_pipeline_tests.inputs.received import NO_PRICES, fetch_series


@pytest.fixture(scope="module")
def drafts(tmp_path_factory):
    frame = panel(n_series=30)
    root = tmp_path_factory.mktemp("layouts")
    files = {layout.__name__: layout(frame, root / layout.__name__) for layout in LAYOUTS}
    return {name: draft_panel(file, "brazil", "Brazil") for name, file in files.items()}


def test_three_layouts_make_one_catalogue_one_mapping_and_one_table(drafts):
    truth, *others = drafts.values()
    assert truth.yaml.count("source: null") == 30
    for other in others:
        assert other.yaml == truth.yaml
        assert other.files == truth.files
    assert {"Layout: wide.", "Layout: long.", "Layout: transposed."} == {
        note for draft in drafts.values() for note in draft.notes if note.startswith("Layout")
    }


def test_the_footnote_is_told(drafts):
    assert any("Source: made up" in note for note in drafts["transposed"].notes)


def test_the_table_holds_the_numbers_of_the_file(drafts, tmp_path):
    (tmp_path / "wide.csv").write_bytes(drafts["transposed"].files["wide.csv"])
    written = pd.read_csv(tmp_path / "wide.csv", index_col="date", parse_dates=True)
    truth = panel(n_series=30)
    assert (written.index == truth.index.to_timestamp("M")).all()
    assert written[truth.columns].to_numpy().tolist() == truth.to_numpy().tolist()


def test_the_index_of_the_drafted_market_is_that_of_the_frame(own, tmp_path):
    frame = panel(n_months=96)
    draft_panel(wide(frame, tmp_path), "brazil", "Brazil").write(own)
    market = load_market("brazil")
    few = market.index.model_copy(update={"draws": 100, "replications": 100})
    market = market.model_copy(update={"index": few})
    indicators = deliver_indicators(market, NO_PRICES, *fetch_series(market))
    tables = build_panel(market, indicators)
    index = index_tables_of(market, tables.panel, "paper")["sfri"].set_index("ref_date")["sfri"]

    by_hand = frame.copy()
    for name in LEVELS:
        by_hand[name] = 100 * frame[name].pct_change(12)
    by_hand["Capital ratio"] *= -1
    # The first month's interest rate is known a day after that month.
    truth = TVPFAVAR(by_hand.iloc[1:]).fit().index
    assert len(index) == 95
    np.testing.assert_allclose(index.to_numpy(), truth.to_numpy(), atol=1e-10)


def test_what_nobody_decided_is_marked_in_catalogue_and_summary(own, tmp_path):
    draft = draft_panel(wide(panel(n_months=96), tmp_path), "brazil", "Brazil")
    draft.write(own)
    market = load_market("brazil")
    undecided = {one.id: one.undecided for one in market.indicators}
    assert undecided == {
        "corporate_spread": [], "unemployment_rate": [], "capital_ratio": [],
        "interbank_rate": ["direction"], "bank_credit": ["direction"],
        "house_prices": ["direction"],
    }  # fmt: skip
    assert {one.direction for one in market.indicators if one.undecided} == {1}
    assert draft.yaml.count("TO BE DECIDED") == 3
    (told,) = draft.undecided
    assert "Bank credit, House prices, Interbank rate" in told
    panel_table = build_panel(
        market, deliver_indicators(market, NO_PRICES, *fetch_series(market))
    ).panel.iloc[:0]
    waits = {name: pd.DataFrame() for name in ("sfri", "regimes")}
    text = summary_text(market, {"indicator_panel": panel_table, **waits})
    assert "UNDECIDED" in text
    assert "of 3 of 6 indicators" in " ".join(text.split())


def test_directions_are_asked_for_where_no_name_tells_them(tmp_path):
    answers = iter(["-", "perhaps", "+", ""])
    questions = []

    def ask(question):
        questions.append(question)
        return next(answers)

    file = wide(panel(n_months=96), tmp_path)
    draft = draft_panel(file, "brazil", "Brazil", ask=ask)
    entries = {one["id"]: one for one in yaml.safe_load(draft.yaml)["indicators"]}
    assert [question.split(":")[0] for question in questions] == [
        "Bank credit", "House prices", "Type +, - or nothing", "Interbank rate",
    ]  # fmt: skip
    assert entries["bank_credit"]["direction"] == -1
    assert entries["house_prices"]["direction"] == 1
    assert "undecided" not in entries["bank_credit"] | entries["house_prices"]
    assert entries["interbank_rate"]["undecided"] == ["direction"]


def test_series_of_no_use_are_left_out_by_name_and_reason(tmp_path):
    frame = panel(n_months=96)
    frame["Flat"] = 5.0
    frame["Twin"] = frame["Corporate spread"]
    frame["Late"] = frame["Capital ratio"].shift(80) + 1
    frame["Words"] = "a"
    frame["Empty"] = np.nan
    frame["Starred"] = [f"{value}" for value in frame["Capital ratio"] + 2]
    frame.iloc[7, frame.columns.get_loc("Starred")] = "8.1*"
    draft = draft_panel(wide(frame, tmp_path), "brazil", "Brazil")
    told = "\n".join(draft.notes)
    for reason in (
        "Flat: all of its values are 5", "Twin: its values are those of 'Corporate spread'",
        "Late: it spans 16 months, and 36 are needed", "Words: 'a' in row 2 is no number",
        "Empty: it holds no values", "Starred: '8.1*' in row 9 is no number",
    ):  # fmt: skip
        assert f"Left out: {reason}" in told
        name, why = reason.split(": ", 1)
        assert f"{name}: {why}" in draft.yaml.split("dimensions:")[0]
    assert draft.yaml.count("source: null") == 6


def test_frequencies_stand_together_in_one_long_file(own, tmp_path):
    months = panel(n_months=96)
    rng = np.random.default_rng(5)
    days = pd.bdate_range("2001-01-01", "2008-12-31")
    quarters = pd.period_range("2001Q1", "2008Q4", freq="Q")
    daily = pd.Series(20 + rng.normal(size=len(days)), days).round(3)
    quarterly = pd.Series(3 + rng.normal(size=len(quarters)), quarters).round(3)
    rows = [("Volatility", f"{day:%Y-%m-%d}", value) for day, value in daily.items()]
    rows += [("GDP growth", str(quarter), value) for quarter, value in quarterly.items()]
    rows += [(name, str(month), value) for name in months for month, value in months[name].items()]
    table = pd.DataFrame(rows, columns=["series", "date", "value"])
    table.to_csv(tmp_path / "panel.csv", index=False)
    draft_panel(tmp_path / "panel.csv", "brazil", "Brazil").write(own)
    market = load_market("brazil")
    frequency = {one.id: one.frequency for one in market.series}
    assert frequency["volatility"] == "daily"
    assert frequency["gdp_growth"] == "quarterly"
    assert list(frequency.values()).count("monthly") == 6
    read = fetch_series(market).series.groupby("series")["value"]
    assert read.get_group("gdp_growth").tolist() == quarterly.tolist()
    assert read.get_group("volatility").tolist() == daily.tolist()


def test_a_folder_of_files_is_one_panel(own, tmp_path):
    frame = panel(n_months=96)
    quarters = frame["Capital ratio"].groupby(frame.index.asfreq("Q")).last()
    folder = tmp_path / "files"
    wide(frame.drop(columns="Capital ratio"), folder)
    quarters.to_csv(folder / "quarters.csv", sep=";", decimal=",", index_label="Quarter")
    frame[["Interbank rate"]].add(1).to_csv(folder / "twice.csv", index_label="Month")
    (folder / "readme.pdf").write_bytes(b"")
    draft = draft_panel(folder, "brazil", "Brazil")
    draft.write(own)
    series = {one.id: one for one in load_market("brazil").series}
    assert len(series) == 6
    assert series["capital_ratio"].frequency == "quarterly"
    assert series["capital_ratio"].vendor == "quarters.csv, Capital ratio"
    assert "Not read: readme.pdf: it is neither CSV nor Excel." in draft.notes
    assert any(
        "Left out: Interbank rate: its name stands in panel.csv already" in note
        for note in draft.notes
    )


def test_a_weekly_series_becomes_monthly_and_its_note_says_so(own, tmp_path):
    frame = panel(n_months=96)
    weeks = pd.date_range("2001-01-05", "2008-12-26", freq="W-FRI")
    values = pd.Series(np.random.default_rng(6).normal(size=len(weeks)).round(3), weeks)
    rows = [("Stress", f"{day:%Y-%m-%d}", value) for day, value in values.items()]
    rows += [(name, str(month), value) for name in frame for month, value in frame[name].items()]
    file = tmp_path / "panel.csv"
    pd.DataFrame(rows, columns=["code", "period", "value"]).to_csv(file, index=False)
    draft_panel(file, "brazil", "Brazil").write(own)
    market = load_market("brazil")
    stress = next(one for one in market.series if one.id == "stress")
    assert (stress.frequency, "mean of each month's weeks" in stress.note) == ("monthly", True)
    read = fetch_series(market).series
    read = read[read["series"] == "stress"].set_index("ref_date")["value"]
    assert read.to_numpy() == pytest.approx(values.resample("ME").mean().to_numpy())


def test_early_warning_is_there_where_there_are_months_enough(tmp_path):
    for n_months, has in ((72, False), (73, True)):
        file = wide(panel(n_months=n_months), tmp_path)
        catalogue = yaml.safe_load(draft_panel(file, "brazil", "Brazil").yaml)
        assert ("forecasting" in catalogue) == has
    assert catalogue["forecasting"]["min_months"] == 36
    assert len(catalogue["forecasting"]["inputs"]) == 3


@pytest.mark.parametrize(
    ("n_months", "first_vintage"), [(97, "2004-02"), (151, "2005-04"), (241, "2006-02")]
)
def test_a_third_of_the_sample_comes_before_real_time_three_to_five_years(
    tmp_path, n_months, first_vintage
):
    # The sample begins in the second month, when a first value was known.
    file = wide(panel(n_months=n_months), tmp_path)
    sample = yaml.safe_load(draft_panel(file, "brazil", "Brazil").yaml)["sample"]
    assert sample["start"] == "2001-02"
    assert sample["first_vintage"] == first_vintage


def test_too_short_a_file_says_how_many_months_are_needed(tmp_path):
    file = wide(panel(n_months=60), tmp_path)
    with pytest.raises(
        TooShortError, match=r"panel\.csv: a market needs 60 months .* have 59, 2001-02"
    ):
        draft_panel(file, "brazil", "Brazil")


def test_one_series_makes_no_index(tmp_path):
    file = wide(panel(n_months=96, n_series=1), tmp_path)
    with pytest.raises(SourceError, match=r"panel\.csv: an index needs 2 series, and 1 can be"):
        draft_panel(file, "brazil", "Brazil")


def test_the_last_twenty_years_of_fred_md_make_a_market(own, shared_data, tmp_path):
    lines = (shared_data / "global" / "us_fred_md_2024_08.csv").read_text("utf-8").splitlines()
    kept = [",".join(line.split(",")[:31]) for line in [*lines[:2], *lines[-240:]]]
    (tmp_path / "fred.csv").write_text("\n".join(kept), encoding="utf-8")
    draft = draft_panel(tmp_path / "fred.csv", "brazil", "Brazil")
    catalogue, *_ = draft.write(own)
    assert len(read_market(catalogue).indicators) == 30
    assert any("row 2 ('Transform: " in note for note in draft.notes)


def test_a_chinese_panel_with_holes_makes_a_market(own, shared_data):
    file = shared_data / "china" / "cn_macro_monthly_wind_2000_2022.csv"
    catalogue, *_ = draft_panel(file, "brazil", "Brazil").write(own)
    market = read_market(catalogue)
    assert len(market.indicators) > 25
    # The statistics bureau publishes no January.
    assert {one.carry for one in market.series if one.skips == [1]} == {1}


def test_columns_named_as_words_of_yaml_keep_their_names(own, tmp_path):
    names = ["NO", "ON", "YES", "NULL", "TRUE"]
    frame = panel(n_months=96)
    frame.columns = [*names, *frame.columns[5:]]
    draft_panel(wide(frame, tmp_path), "brazil", "Brazil").write(own)
    series = {one.id: one.name for one in load_market("brazil").series}
    assert {f"{name.lower()}_2": name for name in names}.items() <= series.items()


def test_thousands_that_may_be_decimals_are_refused(tmp_path):
    file = tmp_path / "panel.csv"
    months = pd.period_range("2001-01", periods=48, freq="M").astype(str)
    values = ["998", "999", "1000", "1.021"] * 12
    rows = [f"{month};{value}" for month, value in zip(months, values, strict=True)]
    file.write_text("\n".join(["Month;Index", *rows]), encoding="utf-8")
    with pytest.raises(SourceError, match=r"row 5: the point in '1.021' .* say --decimal point"):
        read_panel(file)
    (column,) = read_panel(file, decimal="comma").columns
    assert column.values.max() == 1021


@pytest.mark.parametrize("text", [",,,", ",,,\n,,,\n", ";;\n", '"","",""\n', ",;\u00a0,\n", "\n"])
@pytest.mark.parametrize("read", [read_panel, read_price_files, read_posts])
def test_a_file_of_separators_alone_is_empty(tmp_path, text, read):
    file = tmp_path / "empty.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"it is empty: (name|fill)"):
        read(file)


def test_a_folder_without_tables_says_which_files_are_read(tmp_path):
    (tmp_path / "notes.md").write_text("none", encoding="utf-8")
    with pytest.raises(SourceError, match=r"names end in \.csv, \.tsv, .*\.xlsx"):
        read_panel(tmp_path)
