-- Which posts could not be used, and why?
SELECT reason, origin, count(*) AS n_posts, min(found_month) AS first_month,
    max(found_month) AS last_month
FROM sandbox.posts_rejected
GROUP BY reason, origin
ORDER BY n_posts DESC;
