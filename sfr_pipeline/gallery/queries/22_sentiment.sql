-- What was the mood of the posts of each month?
-- Shares of posts, by the most likely class of each.
SELECT month, count(*) AS n_posts,
    avg((p_positive > greatest(p_negative, p_neutral))::INT) AS positive,
    avg((p_negative > greatest(p_positive, p_neutral))::INT) AS negative,
    avg((p_neutral >= greatest(p_positive, p_negative))::INT) AS neutral
FROM sandbox.sentiment
GROUP BY month
ORDER BY month DESC
LIMIT 24;
