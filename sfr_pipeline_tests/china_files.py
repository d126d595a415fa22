"""Real Chinese data that lie beside the checkout, laid out as a user's folder of files."""

import shutil

import yaml

RATES = "cn_shibor_daily_2006_2026.csv"
MACRO = "cn_macro_monthly_eastmoney_2006_2026.csv"
ACTIVITY = "cn_macro_monthly_wind_2000_2022.csv"
CURVE = "cn_cgb_curve_daily_2006_2021.csv"

# Each series of the catalogue that they hold: file, column, factor into the catalogue's unit.
FILES = {
    "m2_growth": (MACRO, "m2_yoy", 1),
    "cpi_monthly": (MACRO, "cpi_mom", 1),
    "producer_prices": (MACRO, "ppi_yoy", 1),
    "gdp_growth": ("cn_gdp_quarterly.csv", "gdp_yoy_q", 1),
    "sse_composite": ("cn_sse_index_daily_1990_2026.csv", "close", 1),
    "csi300": ("cn_csi300_daily_2005_2026.csv", "close", 1),
    "cgb_10y": ("cn_10y_yield_daily_2006_2023.csv", "cn10y", 1),
    "cgb_5y": (CURVE, "y5", 1),
    "cgb_3m": (CURVE, "m3", 1),
    "ust_10y": ("us_dgs10_daily.csv", "us10y", 1),
    "shibor_1w": (RATES, "w1", 1),
    "shibor_3m": (RATES, "m3", 1),
    "shibor_1y": (RATES, "y1", 1),
    "libor_3m": ("usd_libor3m_daily_1986_2021.csv", "libor3m", 1),
    "repo_7d": ("cn_repo_r007_daily_1999_2024.csv", "r007", 1),
    # In USD million there.
    "fx_reserves": ("cn_fx_reserves_monthly_1977_2024.csv", "fx_reserves_excl_gold_usd_mn", 0.01),
    "reer": ("cn_reer_usdcny_monthly.csv", "reer_bis_broad_2020_100", 1),
    "property_investment": (ACTIVITY, "re_invest_ytd_yoy", 1),
    "home_sales": (ACTIVITY, "house_sales_value_ytd_yoy", 1),
    "fixed_investment": (ACTIVITY, "fai_ytd_yoy", 1),
    "property_climate": (
        "cn_real_estate_climate_monthly_2013_2023.csv",
        "real_estate_climate_index",
        1,
    ),
    # In CNY there.
    "margin_balance": ("cn_margin_total_daily_2010_2018.csv", "margin_total_balance_cny", 1e-8),
}
# Indicators for which these files are not enough.
MISSING = {"x1", "x2", "x3", "x4", "x6", "x15", "x19", "x23"}


def lay_out(shared_data, imports):
    """Copy the files and write the mapping; returns the market's folder."""
    folder = imports / "china"
    folder.mkdir(parents=True)
    for name in {file for file, _, _ in FILES.values()}:
        shutil.copy(shared_data / "china" / name, folder / name)
    mapping = {
        series: {"file": file, "column": column, "times": times}
        for series, (file, column, times) in FILES.items()
    }
    (folder / "mapping.yaml").write_text(yaml.safe_dump(mapping))
    return folder
