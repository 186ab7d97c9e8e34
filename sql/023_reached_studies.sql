-- SPDX-License-Identifier: MIT
-- A look-up decides once whether its principal may see anything of a study, before it reads a row of it, and does the same
-- work for a study that is hidden as for one that does not exist: the time of an answer does not say which. Applied by
-- `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

-- The studies in which a grant of a series was found. A row says where to look, and decides nothing: the series can have
-- been removed since.
CREATE TABLE grant_study (
    study_uid text COLLATE "C" NOT NULL,
    who text COLLATE "C" NOT NULL,
    grant_id bigint NOT NULL REFERENCES grant_ ON DELETE CASCADE,
    PRIMARY KEY (study_uid, who, grant_id)
);

CREATE INDEX grant_study_of_grant ON grant_study (grant_id);

INSERT INTO grant_study
SELECT st.uid, g.who, g.id
FROM grant_ g JOIN series se ON se.uid = substr(g.what, 8) JOIN study st ON st.id = se.study_id
WHERE g.what LIKE 'series %';

-- A series and a grant of it that are added at the same time do not see each other: one waits for the other's transaction.
CREATE FUNCTION note_granted_series() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM added) THEN
        PERFORM pg_advisory_xact_lock_shared(20521, 8);
        INSERT INTO grant_study
        SELECT st.uid, g.who, g.id
        FROM added se JOIN study st ON st.id = se.study_id JOIN grant_ g ON g.what = 'series ' || se.uid
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER note_granted_series AFTER INSERT ON series REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_granted_series();

CREATE FUNCTION note_grants_of_series() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE what LIKE 'series %') THEN
        PERFORM pg_advisory_xact_lock(20521, 8);
        INSERT INTO grant_study
        SELECT st.uid, g.who, g.id
        FROM added g JOIN series se ON se.uid = substr(g.what, 8) JOIN study st ON st.id = se.study_id
        WHERE g.what LIKE 'series %'
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER note_grants_of_series AFTER INSERT ON grant_ REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_grants_of_series();

-- Whether a principal may see something of a study, from indexes alone, and with as many look-ups if there is no such study:
-- no patient has the ID '', and each condition is tried if the ones before it do not hold. Notes a study that may be seen
-- whole in a setting of the transaction, wadozip.whole_study; assignments, unlike PERFORM, take no executor.
CREATE FUNCTION wadozip_granted.reaches(of_study text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    principals text[] := current_setting('wadozip.who', true);
    needed int := current_setting('wadozip.acts', true);
    form text := current_setting('wadozip.profile', true);
    s record;
    of_patient text;
    of_issuer text;
    done text;
BEGIN
    SELECT x.id, x.patient_id, x.patient_issuer INTO s FROM wadozip.study x WHERE x.uid = of_study;
    of_patient := coalesce(s.patient_id, '');
    of_issuer := coalesce(s.patient_issuer, '');
    IF of_patient <> '' AND of_patient = current_setting('wadozip.patient', true)
           AND current_setting('wadozip.patient_issuer', true) IN ('*', of_issuer)
       OR EXISTS (SELECT FROM wadozip.grant_ g
                  WHERE g.what = ANY (ARRAY['everything', 'study ' || of_study, 'patient ' || of_patient])
                    AND g.who = ANY (principals) AND g.acts & needed = needed
                    AND (g.expires IS NULL OR g.expires > now()) AND (g.profile IS NULL OR g.profile = form)
                    AND (g.issuer IS NULL OR g.issuer = of_issuer)) THEN
        done := set_config('wadozip.whole_study', coalesce(s.id::text, ''), true);
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM wadozip.grant_study t JOIN wadozip.grant_ g ON g.id = t.grant_id
                   WHERE t.study_uid = of_study AND t.who = ANY (principals) AND g.acts & needed = needed
                     AND (g.expires IS NULL OR g.expires > now()) AND (g.profile IS NULL OR g.profile = form));
END $$;

-- As in 016. The series of a study that may be seen whole need no look-up.
CREATE OR REPLACE FUNCTION wadozip_granted.has_series(of_study bigint, of_series text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
    s record;
BEGIN
    IF of_study::text = current_setting('wadozip.whole_study', true) THEN
        RETURN true;
    END IF;
    SELECT x.uid::text AS uid, x.patient_id, coalesce(x.patient_issuer, '') AS issuer INTO s
    FROM wadozip.study x WHERE x.id = of_study;
    IF s.patient_id = nullif(current_setting('wadozip.patient', true), '')
       AND current_setting('wadozip.patient_issuer', true) IN ('*', s.issuer) THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT FROM wadozip_granted.own_grant g
        WHERE g.what = ANY (ARRAY['everything', 'study ' || s.uid, 'patient ' || s.patient_id, 'series ' || of_series])
          AND (g.issuer IS NULL OR g.issuer = s.issuer));
END $$;

-- For each schema of a search path: the study of a UID, a series of a UID in any study, and the UID of a study of which
-- something may be gone. Without restrictions they become a part of the statement that names them.
CREATE FUNCTION reached(of_study text) RETURNS TABLE (id bigint) LANGUAGE sql STABLE AS $$
    SELECT s.id FROM wadozip.study s WHERE s.uid = of_study
$$;
CREATE FUNCTION reached_series(of_series text) RETURNS TABLE (id bigint) LANGUAGE sql STABLE AS $$
    SELECT se.id FROM wadozip.series se WHERE se.uid = of_series
$$;
CREATE FUNCTION reached_gone(of_study text) RETURNS TABLE (uid text) LANGUAGE sql STABLE AS $$
    SELECT of_study
$$;

CREATE FUNCTION wadozip_granted.reached(of_study text) RETURNS TABLE (id bigint)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    IF wadozip_granted.reaches(of_study) THEN
        id := (SELECT s.id FROM wadozip.study s WHERE s.uid = of_study);
        IF id IS NOT NULL THEN
            RETURN NEXT;
        END IF;
    END IF;
END $$;

-- UIDs of series name no study: the one decision for a series that is nowhere is about a study without a UID.
CREATE FUNCTION wadozip_granted.reached_series(of_series text) RETURNS TABLE (id bigint)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT se.id, se.study_id, (SELECT st.uid FROM wadozip.study st WHERE st.id = coalesce(se.study_id, 0)) AS uid
        FROM (VALUES (of_series)) k (uid) LEFT JOIN wadozip.series se ON se.uid = k.uid
    LOOP
        IF wadozip_granted.reaches(coalesce(place.uid::text, '')) AND place.id IS NOT NULL
           AND wadozip_granted.has_series(place.study_id, of_series) THEN
            id := place.id;
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION wadozip_granted.reached_gone(of_study text) RETURNS TABLE (uid text)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    IF wadozip_granted.reaches(of_study) THEN
        RETURN QUERY SELECT of_study;
    END IF;
END $$;

-- The same of a link.
CREATE FUNCTION wadozip_shared.reaches(of_study text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM wadozip_shared.own_thing t WHERE t.what = 'study ' || of_study)
        OR EXISTS (SELECT FROM wadozip.grant_study t
                   WHERE t.study_uid = of_study AND t.who = current_setting('wadozip.link', true));
END $$;

CREATE FUNCTION wadozip_shared.reached(of_study text) RETURNS TABLE (id bigint)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    IF wadozip_shared.reaches(of_study) AND wadozip_granted.reaches(of_study) THEN
        RETURN QUERY SELECT s.id FROM wadozip.study s WHERE s.uid = of_study;
    END IF;
END $$;

CREATE FUNCTION wadozip_shared.reached_series(of_series text) RETURNS TABLE (id bigint)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT se.id FROM wadozip_granted.reached_series(of_series) r JOIN wadozip_shared.series se ON se.id = r.id
$$;

CREATE FUNCTION wadozip_shared.reached_gone(of_study text) RETURNS TABLE (uid text)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    IF wadozip_shared.reaches(of_study) AND wadozip_granted.reaches(of_study) THEN
        RETURN QUERY SELECT of_study;
    END IF;
END $$;

-- As in 021, but a study without a granted series is not searched for one.
CREATE OR REPLACE VIEW wadozip_many.study AS
    SELECT s.* FROM wadozip.study s
    WHERE s.patient_id = (SELECT nullif(current_setting('wadozip.patient', true), ''))
              AND (SELECT current_setting('wadozip.patient_issuer', true)) IN ('*', coalesce(s.patient_issuer, ''))
       OR (SELECT true FROM wadozip_granted.own_grant_of g
           WHERE g.what = ANY (ARRAY['study ' || s.uid, 'patient ' || s.patient_id])
             AND (g.issuer IS NULL OR g.issuer = coalesce(s.patient_issuer, '')) LIMIT 1)
       OR EXISTS (SELECT FROM wadozip_granted.own_grant g WHERE g.what LIKE 'series %')
              AND (SELECT true FROM wadozip.grant_study t WHERE t.study_uid = s.uid
                   AND t.who = ANY ((SELECT current_setting('wadozip.who', true)::text[])::text[]) LIMIT 1)
              AND (SELECT true FROM wadozip.series se JOIN wadozip_granted.own_grant_of g ON g.what = 'series ' || se.uid
                   WHERE se.study_id = s.id LIMIT 1);
