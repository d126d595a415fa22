-- How close is the index to what others have published of the same market?
-- A reference without data has its reason.
SELECT mode, name, n_months, correlation, best_lead, best_correlation, high_in_common, reason
FROM us.reference_comparison
ORDER BY reference, mode;
