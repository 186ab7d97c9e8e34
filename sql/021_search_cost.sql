-- SPDX-License-Identifier: MIT
-- What grants cost a search. A search begins by finding out how to look for what its principal sees: without any restriction,
-- from the grants to the studies, or from the newest study on with an index look-up for each. Applied by `wadozip migrate` in
-- one transaction with the search path wadozip, pg_temp.

-- Decisions read the indexes alone.
DROP INDEX grant_of_thing;
DROP INDEX grant_of_principal;
CREATE INDEX grant_of_thing ON grant_ (what, who) INCLUDE (acts, issuer, profile, expires);
CREATE INDEX grant_of_principal ON grant_ (who, what) INCLUDE (acts, issuer, profile, expires);

-- As in 010; settings are read once for a statement, not for each row.
CREATE OR REPLACE VIEW wadozip_granted.own_grant AS
    SELECT g.what, g.issuer FROM wadozip.grant_ g
    WHERE g.who = ANY ((SELECT current_setting('wadozip.who', true)::text[])::text[])
      AND g.acts & (SELECT current_setting('wadozip.acts', true)::int) = (SELECT current_setting('wadozip.acts', true)::int)
      AND (g.expires IS NULL OR g.expires > now())
      AND (g.profile IS NULL OR g.profile = (SELECT current_setting('wadozip.profile', true)));

-- The same for a look-up of one thing. The concatenation keeps the planner from reading all grants of the principal.
CREATE VIEW wadozip_granted.own_grant_of AS
    SELECT g.what, g.issuer FROM wadozip.grant_ g
    WHERE g.who || '' = ANY ((SELECT current_setting('wadozip.who', true)::text[])::text[])
      AND g.acts & (SELECT current_setting('wadozip.acts', true)::int) = (SELECT current_setting('wadozip.acts', true)::int)
      AND (g.expires IS NULL OR g.expires > now())
      AND (g.profile IS NULL OR g.profile = (SELECT current_setting('wadozip.profile', true)));

-- The same by kinds, of at most so many grants.
CREATE FUNCTION wadozip_granted.own_things(most bigint)
    RETURNS TABLE (number bigint, studies text[], series text[], patients text[], issuers text[])
LANGUAGE sql STABLE AS $$
    SELECT count(*),
           array_agg(substr(g.what, 7)) FILTER (WHERE g.what LIKE 'study %'),
           array_agg(substr(g.what, 8)) FILTER (WHERE g.what LIKE 'series %'),
           array_agg(substr(g.what, 9)) FILTER (WHERE g.what LIKE 'patient %'),
           array_agg(g.issuer) FILTER (WHERE g.what LIKE 'patient %')
    FROM (SELECT * FROM wadozip_granted.own_grant LIMIT most) g
$$;

-- The catalogue for searches of a principal who sees many of the newest studies: one row after the other is looked up.
-- Scalar subqueries are never hashed, which would read all grants, too. The function of 016 is planned faster than this view
-- of series, and runs slower.
CREATE SCHEMA wadozip_many;
COMMENT ON SCHEMA wadozip_many IS 'wadozip: the studies that a principal with many grants sees';

CREATE VIEW wadozip_many.study AS
    SELECT s.* FROM wadozip.study s
    WHERE s.patient_id = (SELECT nullif(current_setting('wadozip.patient', true), ''))
              AND (SELECT current_setting('wadozip.patient_issuer', true)) IN ('*', coalesce(s.patient_issuer, ''))
       OR (SELECT true FROM wadozip_granted.own_grant_of g
           WHERE g.what = ANY (ARRAY['study ' || s.uid, 'patient ' || s.patient_id])
             AND (g.issuer IS NULL OR g.issuer = coalesce(s.patient_issuer, '')) LIMIT 1)
       OR EXISTS (SELECT FROM wadozip_granted.own_grant g WHERE g.what LIKE 'series %')
              AND (SELECT true FROM wadozip.series se JOIN wadozip_granted.own_grant_of g ON g.what = 'series ' || se.uid
                   WHERE se.study_id = s.id LIMIT 1);

CREATE VIEW wadozip_many.series AS
    SELECT se.* FROM wadozip.series se
    WHERE (SELECT s.patient_id = (SELECT nullif(current_setting('wadozip.patient', true), ''))
                      AND (SELECT current_setting('wadozip.patient_issuer', true)) IN ('*', coalesce(s.patient_issuer, ''))
                  OR (SELECT true FROM wadozip_granted.own_grant_of g
                      WHERE g.what = ANY (ARRAY['study ' || s.uid, 'patient ' || s.patient_id])
                        AND (g.issuer IS NULL OR g.issuer = coalesce(s.patient_issuer, '')) LIMIT 1)
           FROM wadozip.study s WHERE s.id = se.study_id)
       OR (SELECT true FROM wadozip_granted.own_grant_of g WHERE g.what = 'series ' || se.uid LIMIT 1);

-- The things that begin_search() has found, in settings of the transaction: arrays of the ids of all studies that are seen,
-- of those that are seen whole, and of the series that are granted by themselves.
DROP VIEW wadozip_few.study;

CREATE VIEW wadozip_few.study AS
    SELECT s.* FROM wadozip.study s
    WHERE s.id IN (SELECT unnest(current_setting('wadozip.studies')::bigint[]));

CREATE VIEW wadozip_few.series AS
    SELECT se.* FROM wadozip.series se
    WHERE se.study_id IN (SELECT unnest(current_setting('wadozip.whole_studies')::bigint[]))
       OR se.id IN (SELECT unnest(current_setting('wadozip.single_series')::bigint[]));

-- Set the search path of a search, and the settings of wadozip_few. A principal with more than 1,000 grants sees most of the
-- newest studies or few of them: in the first case a page is full soon, in the second it is not. Kinds of things that are not
-- granted are not looked for; assignments, unlike PERFORM, take no executor.
CREATE FUNCTION wadozip_granted.begin_search() RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    own record;
    patient text := current_setting('wadozip.patient');
    whole bigint[] := '{}';
    single bigint[] := '{}';
    parts bigint[] := '{}'; -- their studies
    done text;
BEGIN
    IF EXISTS (SELECT FROM wadozip_granted.own_grant g WHERE g.what = 'everything') THEN
        done := set_config('search_path', 'wadozip, pg_temp', true);
        RETURN;
    END IF;
    SELECT * INTO own FROM wadozip_granted.own_things(1001);
    IF own.number > 1000 THEN
        IF (SELECT count(*) FROM (
                SELECT FROM wadozip_many.study s WHERE s.id IN (
                    SELECT n.id FROM wadozip.study n ORDER BY n.study_date DESC, n.study_time DESC, n.id DESC LIMIT 256)
                LIMIT 16) seen) = 16 THEN
            done := set_config('search_path', 'wadozip_many, wadozip_granted, wadozip, pg_temp', true);
            RETURN;
        END IF;
        SELECT * INTO own FROM wadozip_granted.own_things(NULL);
    END IF;
    IF own.studies IS NOT NULL THEN
        whole := ARRAY (SELECT x.id FROM wadozip.study x WHERE x.uid = ANY (own.studies));
    END IF;
    IF own.patients IS NOT NULL THEN
        whole := whole || ARRAY (
            SELECT x.id FROM unnest(own.patients, own.issuers) g (patient, issuer)
                JOIN wadozip.study x ON x.patient_id = g.patient COLLATE "default"
            WHERE g.issuer IS NULL OR g.issuer = coalesce(x.patient_issuer, ''));
    END IF;
    IF patient <> '' THEN
        whole := whole || ARRAY (
            SELECT x.id FROM wadozip.study x WHERE x.patient_id = current_setting('wadozip.patient')
                AND current_setting('wadozip.patient_issuer') IN ('*', coalesce(x.patient_issuer, '')));
    END IF;
    IF own.series IS NOT NULL THEN
        SELECT array_agg(se.id), array_agg(se.study_id) INTO single, parts
        FROM wadozip.series se WHERE se.uid = ANY (own.series);
    END IF;
    done := set_config('wadozip.studies', (whole || parts)::text, true);
    done := set_config('wadozip.whole_studies', whole::text, true);
    done := set_config('wadozip.single_series', coalesce(single::text, '{}'), true);
    done := set_config('search_path', 'wadozip_few, wadozip_granted, wadozip, pg_temp', true);
END $$;

DROP FUNCTION wadozip_granted.has_few();
