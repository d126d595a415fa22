"""The parts of the report, in the order of an analyst's questions: one module each."""

from sfr_pipeline.report.answers.ahead import AHEAD
from sfr_pipeline.report.answers.data import DATA
from sfr_pipeline.report.answers.people import PEOPLE
from sfr_pipeline.report.answers.trust import TRUST
from sfr_pipeline.report.answers.where import WHERE
from sfr_pipeline.report.answers.why import WHY

ANSWERS = (WHERE, WHY, AHEAD, TRUST, PEOPLE, DATA)
