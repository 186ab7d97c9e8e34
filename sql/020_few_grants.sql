-- SPDX-License-Identifier: MIT
-- Searches of a principal with few grants begin at what is granted. wadozip_granted.study looks at one study after the
-- other until a page is full, which takes a second among 300,000 studies if fewer are granted than a page has. Applied by
-- `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

-- Whether a principal has at most 2,000 grants, and none for everything. For more the first page is found sooner by
-- looking at one study after the other.
CREATE FUNCTION wadozip_granted.has_few() RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM wadozip_granted.own_grant g WHERE g.what = 'everything')
       AND (SELECT count(*) FROM (SELECT FROM wadozip_granted.own_grant LIMIT 2001) g) <= 2000
$$;

-- It comes before wadozip_granted in the search path of such a principal's searches.
CREATE SCHEMA wadozip_few;
COMMENT ON SCHEMA wadozip_few IS 'wadozip: the studies that a principal with few grants sees';

-- The collation of grants is "C", that of the index of patients is not.
CREATE VIEW wadozip_few.study AS
    SELECT s.* FROM wadozip.study s WHERE s.id IN (
        SELECT x.id FROM wadozip_granted.own_grant g JOIN wadozip.study x ON x.uid = substr(g.what, 7)
        WHERE g.what LIKE 'study %'
        UNION ALL
        SELECT x.id FROM wadozip_granted.own_grant g
            JOIN wadozip.study x ON x.patient_id = substr(g.what, 9) COLLATE "default"
        WHERE g.what LIKE 'patient %' AND (g.issuer IS NULL OR g.issuer = coalesce(x.patient_issuer, ''))
        UNION ALL
        SELECT se.study_id FROM wadozip_granted.own_grant g JOIN wadozip.series se ON se.uid = substr(g.what, 8)
        WHERE g.what LIKE 'series %'
        UNION ALL
        SELECT x.id FROM wadozip.study x
        WHERE x.patient_id = nullif(current_setting('wadozip.patient', true), '')
          AND current_setting('wadozip.patient_issuer', true) IN ('*', coalesce(x.patient_issuer, '')));
