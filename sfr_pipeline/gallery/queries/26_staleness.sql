-- How old is each input, and did its last refresh succeed?
SELECT kind, item, state, reason, last_ref_date, asked_at, accepted_at
FROM us.input_status
ORDER BY last_ref_date, kind, item;
