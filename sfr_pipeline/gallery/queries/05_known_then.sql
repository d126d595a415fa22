-- What was known of the index on a day, and how do the same months read today?
-- said_then: the last vintage on that day. first_said: when the month ended. last_vintage: the
-- newest vintage, of what was published by then. full_sample: mode paper, of what speaks of the
-- month whenever it was published. The last two differ: both are today's view, of different data.
SELECT told.ref_date, told.sfri AS said_then, said.first_said, newest.last_sfri AS last_vintage,
    said.full_sample
FROM sfri_as_of('us', '2008-09-15') AS told
JOIN sfri_revisions('us') AS newest USING (ref_date)
JOIN (
    SELECT ref_date, max(sfri) FILTER (mode = 'real_time') AS first_said,
        max(sfri) FILTER (mode = 'paper') AS full_sample
    FROM us.sfri
    GROUP BY ref_date
) AS said USING (ref_date)
ORDER BY told.ref_date DESC
LIMIT 12;
