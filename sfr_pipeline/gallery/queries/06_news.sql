-- Which news moved the index to a month, when that was its newest one?
-- Each change is split exactly: new values, revised values, and what was estimated anew.
SELECT name, dimension, change, new_data, revised_data, scaling + weights AS re_estimated
FROM sfri_news('us', '2008-09');
