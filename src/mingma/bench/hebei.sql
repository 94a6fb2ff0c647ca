-- The rules of cn-hebei-2022-11 as a person would write them for DuckDB, over the same columns.
-- Writes who is not green at {at}: the peer of the columnar engine in `mingma bench evaluate`.
COPY (
WITH day AS (SELECT *, (at_s + 28800) // 86400 AS d FROM facts WHERE at_s <= {at}
             AND (recorded_at IS NULL OR recorded_at <= {at})
             AND (kind <> 'test' OR d_reported_at <= {at})),
gone AS (SELECT subject, d_of AS id FROM day WHERE kind IN ('withdrawal', 'release')),
screened AS (SELECT subject FROM day WHERE kind = 'infection' AND d_class = 'screen_positive' UNION
             SELECT subject FROM day WHERE kind = 'test' AND d_result = 'positive'),
negative AS (SELECT subject, max(at_s) AS last FROM day SEMI JOIN screened USING (subject)
             WHERE kind = 'test' AND d_result = 'negative' AND d_assay = 'pcr' GROUP BY subject),
infected AS (SELECT subject, id, d_class AS class, at_s, d, least(d_discharged_at, d_isolation_ended_at) AS done
             FROM day WHERE kind = 'infection' AND (d_excluded_at IS NULL OR d_excluded_at > {at})),
found AS (
  SELECT i.subject, i.id, 'HE-1' AS rule, 'red' AS colour, 5 AS severity, i.at_s AS since,
         least(coalesce(i.done, 9999999999), (i.d + 15) * 86400 - 28800) AS until
  FROM infected AS i LEFT JOIN negative AS n USING (subject)
  WHERE i.class = 'screen_positive' AND (n.last IS NULL OR n.last <= i.at_s)
    AND NOT EXISTS (SELECT 1 FROM infected AS o WHERE o.subject = i.subject AND o.id <> i.id
                    AND o.class <> 'screen_positive' AND o.at_s >= i.at_s - 259200)
  UNION ALL
  SELECT t.subject, t.id, 'HE-1', 'red', 5, t.d_reported_at,
         ((t.d_reported_at + 28800) // 86400 + 15) * 86400 - 28800
  FROM day AS t LEFT JOIN negative AS n USING (subject)
  WHERE t.kind = 'test' AND t.d_result = 'positive' AND t.d_assay = 'pcr'
    AND t.d_tube IS DISTINCT FROM 'mixed' AND (n.last IS NULL OR n.last <= t.at_s)
    AND NOT EXISTS (SELECT 1 FROM infected AS o WHERE o.subject = t.subject
                    AND o.at_s >= t.d_reported_at - 259200)
  UNION ALL
  SELECT subject, id, 'HE-2', 'red', 5, at_s, least(coalesce(done, 9999999999), (d + 29) * 86400 - 28800)
  FROM infected WHERE class IN ('confirmed', 'asymptomatic')
  UNION ALL
  SELECT subject, id, 'HE-2', 'yellow', 3,
         least(coalesce(done, 9999999999), (d + 29) * 86400 - 28800),
         coalesce((done + 28800) // 86400 + 8, d + 36) * 86400 - 28800
  FROM infected WHERE class IN ('confirmed', 'asymptomatic')
  UNION ALL
  SELECT subject, id, 'HE-3', 'red', 5, at_s, (d + 8) * 86400 - 28800
  FROM day WHERE kind = 'entry' AND starts_with(d_destination, '13')
  UNION ALL
  SELECT subject, id, 'HE-4a', 'red', 5, at_s, (d + 8) * 86400 - 28800
  FROM day WHERE kind = 'contact_finding' AND d_relation = 'close'
  UNION ALL
  SELECT subject, id, 'HE-4a', 'yellow', 3, (d + 8) * 86400 - 28800, (d + 11) * 86400 - 28800
  FROM day WHERE kind = 'contact_finding' AND d_relation = 'close'
  UNION ALL
  SELECT subject, id, 'HE-4b', 'red', 5, at_s, (d + 8) * 86400 - 28800
  FROM day WHERE kind = 'contact_finding' AND d_relation = 'secondary'
  UNION ALL
  SELECT subject, id, 'HE-5', 'red', 5, until, ((until + 28800) // 86400 + 8) * 86400 - 28800
  FROM day WHERE kind = 'area_stay' AND d_level IN ('high', 'medium') AND until <= {at}
)
SELECT subject, colour, rule, 'cn-hebei-2022-11' AS pack, since, until FROM (
  SELECT f.*, row_number() OVER (PARTITION BY subject ORDER BY severity DESC, until DESC, rule, since, id)
         AS place
  FROM found AS f ANTI JOIN gone USING (subject, id) WHERE since <= {at} AND until > {at})
WHERE place = 1 ORDER BY subject
) TO '{out}' (FORMAT parquet)
