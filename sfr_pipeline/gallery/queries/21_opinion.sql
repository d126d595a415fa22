-- What do people say: the index of public opinion, and of how many posts?
-- A market with a forum has it; sandbox is synthetic. Above 0 is good spirits.
SELECT ref_date, npoi, n_posts, mean_score, share_missing
FROM sandbox.npoi
WHERE variant = 'real_time'
ORDER BY ref_date DESC
LIMIT 24;
