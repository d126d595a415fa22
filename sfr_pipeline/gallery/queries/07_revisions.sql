-- Of which months was the index rewritten most, after it was first said?
-- Months before the first vintage were never first said.
SELECT ref_date, first_sfri, last_sfri, revision
FROM sfri_revisions('us')
WHERE first_as_of = ref_date
ORDER BY abs(revision) DESC
LIMIT 10;
