"""How each command of README and docs/ is executed by `make test`, as continuous integration does.

A line names the tests that execute its commands. Where they are a whole run's, or the command is
given another market or a smaller size, `how` says so. `test_ledger` holds that no command
is missing here, that none is gone from the pages, and that the tests are there.
"""

from typing import NamedTuple


class Executed(NamedTuple):
    """Commands that are executed in one way.

    Attributes:
        how: in words.
        tests: that do it, below `sfr_pipeline_tests`.
        commands: as they are typed, without their page.
    """

    how: str
    tests: tuple[str, ...]
    commands: tuple[str, ...]


class NotExecuted(NamedTuple):
    """Commands that cannot be executed where the tests run.

    Attributes:
        why: they can't be executed.
        read_by: tests that hold what they name against what is there.
        commands: as they are typed, without their page.
    """

    why: str
    read_by: tuple[str, ...]
    commands: tuple[str, ...]


# Whole runs, of the installed wheel or with recorded sites, and what is done in their workspaces.
RUN = "test_command_line::test_the_main_job_ends_with_what_it_found_and_where_it_is"
RUN_SANDBOX = "test_sandbox_market::test_the_main_job_crawls_scores_and_builds_every_table"
RUN_CHINA = "test_changed_source::test_a_file_in_place_of_a_live_source_changes_that_series_alone"
RUN_LIVE = "inputs/test_asked_once::test_each_live_source_is_asked_once_for_each_code"
TYPED = "test_command_line::test_what_the_pages_have_typed_runs_as_it_stands"
OF_MAKE = "test_command_line::test_what_make_calls_runs_in_the_finished_workspace"
DAGSTER = "test_command_line::test_plain_dagster_commands_do_the_parts"
SCORED = "test_sandbox_market::test_one_model_is_scored_alone_as_it_stands_in_the_table"
MONTH_AGAIN = "test_sandbox_market::test_a_post_of_a_month_can_be_crawled_and_scored_again_alone"
ASKED = "test_command_line::test_every_query_of_the_cookbook_and_of_the_pages_runs"
HELP = "test_command_line::test_help_helps"

HERE = "cli/test_typed_commands::test_"
CALLED = f"{HERE}make_calls_what_its_targets_are_for_with_what_was_asked"
EXPORTED = f"{HERE}exports_lie_where_the_pages_say"
SITE = f"{HERE}the_site_is_written_where_it_is_asked_for"
HEARD = f"{HERE}the_listener_of_the_page_hears_the_test_of_alerts"
MADE = f"{HERE}make_runs_programs_of_the_environment"
CHECKED = f"{HERE}make_check_passes_what_is_clean_and_stops_at_each_kind_of_fault"
FOUND = f"{HERE}pytest_is_given_files_with_tests_that_are_not_left_out"
MODELS = "cli/test_documented_models::test_a_model_is_downloaded_and_scores_a_labelled_file"
UI = "cli/test_processes::test_the_ui_answers_ends_with_its_command_and_loads_what_it_is_told"

WEB_SERVER = "cli/test_documented_commands::test_the_web_server_takes_it"
EVERY_HELP = "cli/test_commands::test_a_command_says_what_it_does"
INIT = (
    "cli/test_workspaces::"
    "test_a_new_workspace_has_its_folders_a_word_on_each_and_says_what_comes_next"
)
INIT_AGAIN = (
    "cli/test_workspaces::"
    "test_what_a_user_has_in_the_folder_already_stays_and_own_markets_are_loaded"
)
INIT_POSTGRES = (
    "resources/test_database::"
    "test_a_workspace_of_several_hosts_has_the_same_settings_and_a_database"
)
PANEL = "drafting/test_page::test_the_commands_make_the_market_that_the_page_describes"
FILES = "drafting/test_page::test_the_commands_of_files_alone_make_the_market"
PANEL_INDEX = "drafting/test_panel::test_the_index_of_the_drafted_market_is_that_of_the_frame"
OWN_POSTS = (
    "assets/test_own_files_alone::test_posts_alone_give_sentiment_index_report_and_publications"
)
OWN_PRICES = (
    "assets/test_short_history::"
    "test_daily_stress_before_its_first_test_year_is_empty_and_says_when_it_begins"
)
RATES = (
    "extensions/test_own_source_page::test_a_refresh_archives_them_with_hash_and_day_of_publication"
)
PROBE = "extensions/test_own_source_page::test_the_probe_reaches_both_sources_of_the_page"
CLUSTER = (
    "engine/test_on_ray::test_a_cluster_gives_the_bytes_of_this_machine_and_errors_as_they_are"
)
ONE_LEG = "cli/test_score::test_one_leg_is_its_tables_and_the_report_without_partitions"
LAID_OUT = "cli/test_recompute::test_what_had_been_delivered_by_then_is_laid_out_and_measured"
REPORT_AGAIN = "cli/test_report::test_a_report_is_opened_and_made_anew_from_its_tables_alone"
ACKNOWLEDGED = "cli/test_alerts::test_open_alerts_are_listed_and_acknowledged"
LOST = "resources/test_run_locks::test_the_runs_of_a_host_that_is_lost_are_marked_when_that_is_said"
ON_S3 = "storage/test_object_store::test_an_export_and_a_backup_lie_in_a_folder_or_in_the_store"
SHA256SUM = "operation/test_archive::test_sha256sum_checks_a_folder"
VALID = "exports/test_contents::test_the_package_validates"
AUDITS = "evaluation/audit/test_papers::test_every_audit_of_the_page_prints_what_the_page_says"
AUDIT_JSON = "evaluation/audit/test_papers::test_programs_are_told_the_same_as_readers"
KERNELS = (
    "econometrics/test_compiler::"
    "test_a_kernel_is_compiled_once_with_a_line_that_says_so_and_found_again"
)
FAULTS = (
    "cli/test_commands::"
    "test_the_faults_are_tried_where_the_tests_are_and_nothing_of_the_workspace_is_touched"
)
VERDICTS = "test_faults::test_a_fault_is_not_held_where_a_test_fails_or_none_ran"
SIZES = "evaluation/test_sizes::test_the_command_fails_where_a_bound_is_broken"
POWER = "stress/volatility/test_power::test_nothing_beats_garch_where_garch_is_the_truth"
TINY = "benchmarks/test_items::test_a_benchmark_runs_in_its_tiny_form"
BOTH_WAYS = "forecasting/test_protocols::test_the_exception_is_told_both_ways_as_the_tables_have_it"
OWN_INDEX = (
    "gallery/test_gallery::"
    "test_the_index_of_a_made_up_csv_is_measured_and_one_that_is_there_is_read"
)
DIST = "test_packaging::test_make_dist_builds_what_is_installed_here"
EXTRAS = "test_packaging::test_pip_finds_the_wheel_with_the_extras_that_pages_install"
SCALING = "deploy/test_scaling_page::"
RAY = f"{SCALING}test_its_commands_of_ray_are_ones_and_those_of_the_containers_too"
COMPOSE = f"{SCALING}test_its_commands_of_containers_name_what_is_there"

LEDGER = (
    Executed("as it stands, in the workspace of the whole run of us", (TYPED,), (
        "sfr ask us",
        "sfr ask us drivers --month 2008-10",
        "sfr ask us drivers --month 2008-10 --csv",
        "sfr ask us drivers --sql",
        "sfr ask us known_then --day 2008-09-15",
        "sfr ask us known_then",
        "sfr ask MARKET '[QUESTION]'",
        "sfr publish",
        "sfr archive verify",
        "sfr archive backup /mnt/backup/sfr",
        "sfr archive restore /mnt/backup/sfr",
        "sfr archive compact",
        "sfr archive WHAT",
        "sfr tidy --dry-run",
        "sfr tidy",
        "sfr alerts us",
        "sfr alerts MARKET",
        "sfr alerts us --dry-run",
        "sfr summary",
        "sfr summary us",
        "sfr summary MARKET",
        "sfr --workspace '~/risk' summary us",
        "sfr report us --open",
        "sfr report MARKET",
    )),
    Executed(
        "by the Makefile; what that calls in the workspace of the whole run of us", (OF_MAKE,), (
        "make docs",
        "make dictionary",
        "make picture",
        "make doctor",
        "make heal",
        "make refresh-plan MARKET=china",
        "make refresh-plan MARKET=us_live",
        "make report",
        "make report MONTH=2008-10 OPEN=1",
        "make probe",
        "make probe 'MARKET=<market>'",
    )),
    Executed("as the targets of make call it, in that workspace", (OF_MAKE,), (
        "python -m sfr_pipeline findings us --write",
        "sfr dictionary",
        "sfr doctor",
        "sfr doctor '[MARKET]'",
        "sfr doctor us_live",
        "sfr findings MARKET",
        "sfr findings us --write",
        "sfr heal",
        "sfr picture MARKET FILE",
        "sfr probe",
        "sfr probe MARKET",
        "sfr refresh",
        "sfr refresh MARKET",
    )),
    Executed("whole, of the installed wheel", (RUN,), (
        "sfr run",
        "sfr run MARKET",
        "sfr run us",
        "dagster asset materialize -m sfr_pipeline.definitions -a us --select '*' "
        "--partition-range 1999-02...2018-11",
    )),
    Executed("by the Makefile; what that calls is the whole run of the wheel", (CALLED, RUN), (
        "make run",
        "make run 'MARKET=<market>'",
        "make run PROFILE=...",
        "make run PROFILE=full",
        "make run PROFILE=quick",
        "make run PYTHON=python3.12",
    )),
    Executed("likewise, of the sandbox", (CALLED, RUN_SANDBOX), ("make run MARKET=sandbox",)),
    Executed("likewise, with the executor in the finished workspace", (CALLED, MONTH_AGAIN), (
        "SFR_EXECUTOR=multiprocess make run MARKET=sandbox",
    )),
    Executed("likewise, with pieces of work over a cluster on loopback", (CALLED, CLUSTER), (
        "SFR_ENGINE=ray RAY_ADDRESS=127.0.0.1:6379 make run MARKET=sandbox",
    )),
    Executed(
        "by the Makefile; china in a small form, with made-up sources and a file, and a whole live "
        "market with recorded sites",
        (CALLED, RUN_CHINA, RUN_LIVE), (
        "make run MARKET=china",
        "make run MARKET=china END=2024-12",
        "SFR_FILES_ONLY=1 make run MARKET=china",
        "dagster asset materialize -m sfr_pipeline.definitions -a china --select '*' "
        "--partition 2026-10",
        "dagster asset materialize -m sfr_pipeline.definitions -a china "
        "--select 'not group:china_opinion' --partition-range 2024-01...2024-12",
    )),
    Executed("with recorded sites, as the Makefile and services call it", (CALLED, RUN_LIVE), (
        "make run MARKET=us_live",
        "sfr --workspace /srv/risk run us_live",
        "DAGSTER_HOME=$PWD/dagster_home dagster asset materialize -m sfr_pipeline.definitions "
        "-a us_live --select '*' --partition-range 2024-01...2024-12",
    )),
    Executed("another market of daily prices alone, from files", (CALLED, OWN_PRICES), (
        "make run MARKET=world",
    )),
    Executed("a market of prices alone", (OWN_PRICES,), ("sfr run mine",)),
    Executed("a market of posts alone", (OWN_POSTS,), ("sfr run said",)),
    Executed("its index; a whole run is that of us", (PANEL_INDEX, RUN), ("sfr run brazil",)),
    Executed("its refresh, with a server for the site", (RATES,), ("sfr run rates",)),
    Executed("with a server for the site", (PROBE,), ("sfr probe rates",)),
    Executed("likewise, of market rates", (CALLED, PROBE), (
        "make probe MARKET=china",
        "sfr probe china",
    )),
    Executed("its selection; those tables in the sandbox's workspace", (ONE_LEG, MONTH_AGAIN), (
        "sfr run us --only forecasting",
    )),
    Executed("what it lays out, with Dagster's call in its place; that is a run", (LAID_OUT, RUN), (
        "sfr recompute",
        "sfr recompute MARKET MOMENT FOLDER",
    )),
    Executed("in the sandbox's finished workspace, one model for each", (SCORED,), (
        "sfr predict",
        "sfr predict MARKET",
        "sfr score MARKET MODEL",
        "sfr score us half_way_back",
        "sfr score us last_day",
        "sfr score us my_model",
    )),
    Executed("by the Makefile; what that calls in that workspace", (CALLED, SCORED), (
        "make predict",
    )),
    Executed("as it stands, of the wheel, in the finished workspace", (DAGSTER,), (
        "dagster asset materialize -m sfr_pipeline.definitions -a us --select us/events",
        "dagster asset materialize -m sfr_pipeline.definitions -a us --select us/prices",
        "dagster asset materialize -m sfr_pipeline.definitions -a us "
        "--select us/deliveries,us/input_status,us/missing_series,us/catalogues",
        "DAGSTER_HOME=$PWD/dagster_home dagster schedule start -m sfr_pipeline.definitions "
        "-a us_live us_live_monthly",
    )),
    Executed("in an equal form", (DAGSTER,), ("dagster asset materialize",)),
    Executed("what follows from a month of the sandbox, of the wheel", (MONTH_AGAIN,), (
        "dagster asset materialize -m sfr_pipeline.definitions -a us --select us/sfri+ "
        "--partition 2018-11",
        "dagster asset materialize -m sfr_pipeline.definitions -a china "
        "--select china/posts,china/posts_rejected --partition 2026-10",
        "dagster asset materialize -m sfr_pipeline.definitions -a sandbox "
        "--select sandbox/posts,sandbox/posts_rejected,sandbox/sentiment --partition 2024-12",
        "dagster asset materialize -m sfr_pipeline.definitions -a sandbox "
        "--select sandbox/npoi,sandbox/npoi_scaling",
    )),
    Executed("the same queries, read-only, by the program's library", (ASKED,), (
        "duckdb -readonly warehouse.duckdb",
        "duckdb -readonly warehouse/warehouse.duckdb '<' gallery/queries/04_drivers.sql",
    )),
    Executed("by the Makefile; what that calls in a small warehouse", (EXPORTED,), (
        "make export",
    )),
    Executed("as it stands, in a small warehouse", (EXPORTED,), (
        "sfr export",
        "sfr export '[FOLDER]'",
        "sfr export '~/risk' --market us",
        "sfr export --only csv,xlsx",
        "sfr export us.duckdb --market us",
    )),
    Executed("by the program's library, in a small warehouse", (VALID,), (
        "frictionless validate sfr_export/datapackage.json",
    )),
    Executed("by the Makefile; what that calls in a small warehouse", (SITE,), (
        "make site",
        "sfr site",
        "sfr site '[FOLDER]'",
    )),
    Executed("as it stands, in a shell, but for the port", (HEARD,), (
        "python -",
        "SFR_ALERTS_TO=json://127.0.0.1:8025 sfr alerts us --test",
        "sfr alerts us --test",
    )),
    Executed("of an alert that is open", (ACKNOWLEDGED,), (
        "sfr alerts us --acknowledge level_high-2008-03-31",
    )),
    Executed("as it stands, by the Makefile, in a copy of the checkout", (MADE,), (
        "make audit TABLE=table.csv",
        "make import-template MARKET=china",
        "sfr import-template MARKET",
        "make check-imports MARKET=china",
        "sfr check FOLDER",
    )),
    Executed("as it stands, by the Makefile, of a small package", (CHECKED,), ("make check",)),
    Executed("as it stands, by the Makefile, in a copy of the checkout", (DIST,), ("make dist",)),
    Executed("as it stands", (AUDITS,), (
        "sfr audit TABLE ...",
        "sfr audit docs/papers/cnn_bilstm_table_1.csv",
        "sfr audit docs/papers/cnn_bilstm_table_1.csv --label-window 21",
        "sfr audit docs/papers/tvp_favar_table_3.csv docs/papers/tvp_favar_table_4.csv",
        "sfr audit docs/papers/tvp_favar_table_5.csv docs/papers/tvp_favar_table_10.csv",
        "sfr audit docs/papers/tvp_favar_table_8.csv docs/papers/tvp_favar_table_9.csv",
    )),
    Executed("of a table of the docs", (AUDIT_JSON,), ("sfr audit --json table.csv",)),
    Executed("as it stands", (EVERY_HELP,), ("sfr audit --help", "sfr COMMAND --help")),
    Executed("as it stands", (HELP,), ("sfr --help",)),
    Executed("as it stands, but for the folder's name", (INIT,), (
        "sfr init",
        "sfr init '~/risk'",
        "sfr init FOLDER",
        "sfr init my-workspace",
    )),
    Executed("as it stands", (INIT_AGAIN,), ("sfr init .",)),
    Executed("as it stands", (PANEL,), (
        "sfr init risk",
        "sfr init-market",
        "sfr init-market NAME --from FILE",
        "sfr init-market brazil --from panel.csv",
        "sfr init-market brazil --from ../panel.csv --title Brazil",
    )),
    Executed("as it stands", (FILES,), (
        "sfr init-market mine --prices ../prices.csv",
        "sfr init-market said --posts ../posts.csv",
    )),
    Executed("as it stands, but for the folder's name", (INIT_POSTGRES,), (
        "sfr init FOLDER --postgres",
        "sfr init risk --postgres",
    )),
    Executed("with Dagster's call in its place; that is the report of a run", (REPORT_AGAIN, RUN), (
        "sfr report us --again --open",
    )),
    Executed("of a host that is made up", (LOST,), ("sfr heal --lost HOST",)),
    Executed("with a store in memory in the place of the bucket", (ON_S3,), (
        "sfr archive backup s3://backup/sfr",
    )),
    Executed("as it stands", (SHA256SUM,), ("sha256sum -c '*.sha256'",)),
    Executed("of one kernel", (KERNELS,), ("sfr compile-kernels",)),
    Executed("by the Makefile, on a free port, answered once and ended", (CALLED, UI), (
        "make ui",
        "make ui 'MARKETS=us sandbox'",
        "make ui 'MARKETS=us_live china'",
        "sfr ui",
        "sfr ui '[MARKET' '...]'",
        "sfr ui us --port 3001",
        "sfr --workspace /srv/risk ui --port 3000",
    )),
    Executed("the same server, which `make ui` starts; its option is parsed", (UI, WEB_SERVER), (
        "dagster-webserver --read-only",
    )),
    Executed("the suite that runs; what the Makefile calls for it", (CALLED,), (
        "make test",
        "python -m pytest",
        "pytest sfr_pipeline_tests/forecasting sfr_pipeline_tests/evaluation",
        "pytest sfr_pipeline_tests/markets sfr_pipeline_tests/index",
        "pytest sfr_pipeline_tests/networks sfr_pipeline_tests/training",
        "pytest sfr_pipeline_tests/report",
        "pytest sfr_pipeline_tests/sources sfr_pipeline_tests/inputs sfr_pipeline_tests/markets",
        "pytest sfr_pipeline_tests/storage sfr_pipeline_tests/assets/test_definitions.py",
        "pytest sfr_pipeline_tests/stress/volatility sfr_pipeline_tests/evaluation",
    )),
    Executed("what it starts, and its verdicts on small faults", (CALLED, FAULTS, VERDICTS), (
        "make test-faults",
        "sfr test-faults",
    )),
    Executed("by the Makefile; both modules with few draws", (CALLED, SIZES, POWER), (
        "make test-sizes",
    )),
    Executed("by the Makefile; each benchmark in its tiny form", (CALLED, TINY), ("make bench",)),
    Executed("its figure, of a small study", (BOTH_WAYS,), (
        "python -m sfr_pipeline_tests.forecasting.both_ways us",
    )),
    Executed("as it stands", (OWN_INDEX,), ("python own_index.py",)),
    Executed("offline, without what it needs, which is here", (DIST,), (
        "pip install",
        "pip install -c constraints.txt 'dist/sfr_pipeline-*.whl'",
    )),
    Executed("a dry run, offline, from the wheel with these extras", (EXTRAS,), (
        "pip install 'sfr_pipeline[postgres]'",
        "pip install 'sfr_pipeline[ray]'",
        "pip install -c constraints.txt -e '.[ray]'",
    )),
    Executed("against a server in the place of the hub", (MODELS,), (
        "hf download yiyanghkust/finbert-tone-chinese --revision "
        "e91b1a3af10e1e8c9c03429d3cd7d5e9a1c8000d --local-dir "
        "models/yiyanghkust/finbert-tone-chinese",
    )),
    Executed("by the Makefile; what that calls with the sandbox's model for each", (MODELS,), (
        "make evaluate-sentiment LABELLED=labelled.csv MARKET=sandbox",
        "make evaluate-sentiment LABELLED=labelled.csv CHECKPOINT=models/mine LANGUAGE=zh",
        "make evaluate-sentiment LABELLED=labelled.csv "
        "CHECKPOINT=yiyanghkust/finbert-tone-chinese LANGUAGE=zh "
        "REVISION=e91b1a3af10e1e8c9c03429d3cd7d5e9a1c8000d "
        "LABELS=0=neutral,1=positive,2=negative",
        "sfr evaluate-sentiment FILE",
    )),
    Executed("on ports of its own", (CLUSTER,), (
        "ray start --head --node-ip-address=127.0.0.1 --port=6379 --num-cpus=2 "
        "--disable-usage-stats",
    )),
    Executed("as it stands, in another home", (RAY,), (
        "ray get-auth-token --generate '>' /dev/null",
    )),
)  # fmt: skip

NOT_EXECUTED = (
    NotExecuted("no daemon of Docker where the tests run", (COMPOSE,), (
        "MARKET=us docker compose --file deploy/compose.yaml up --build --scale ray-worker=2",
        "docker compose --file deploy/compose.yaml exec code sfr run us",
    )),
    NotExecuted("needs a second host", (RAY,), ("ray start --address=HOST:6379 --num-cpus=0",)),
    NotExecuted("ends every node on the machine, those of other tests too", (RAY,), ("ray stop",)),
    NotExecuted("minutes, a part of make test-faults and of no continuous integration", (FOUND,), (
        "python -m pytest -n 0 -m faults -s sfr_pipeline_tests/stress/volatility/test_real_data.py",
        "python -m pytest -n 0 -m faults -s sfr_pipeline_tests/forecasting/test_us_long.py",
    )),
)  # fmt: skip


def typed_in(test):
    """The commands that a test executes, in the order of the ledger."""
    return [text for entry in LEDGER if test in entry.tests for text in entry.commands]
