-- SPDX-License-Identifier: MIT
-- Grants: who may have what. Applied by `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

-- Each row grants one thing to one principal. what: everything, or a kind, a blank and a value: patient ID, study UID, series
-- UID (in every study that has it), collection ID. The series of a collection, which never change, have rows of their own
-- below that of the collection.
CREATE TABLE grant_ (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent bigint REFERENCES grant_ ON DELETE CASCADE,
    who text COLLATE "C" NOT NULL CHECK (who ~ '^((user|group|link):.+|everyone)$'), -- everyone: all who are authenticated
    what text COLLATE "C" NOT NULL CHECK (what ~ '^(everything|(patient|study|series|collection) .+)$'),
    issuer text, -- of a patient ID; '': only studies without one; NULL: of any
    profile text, -- only as ?deidentify=PROFILE; NULL: the original, too
    acts int NOT NULL CHECK (acts BETWEEN 1 AND 7), -- 1 search, 2 retrieve, 4 share
    expires timestamptz,
    created timestamptz NOT NULL DEFAULT now(),
    CHECK (issuer IS NULL OR what LIKE 'patient %')
);

CREATE INDEX grant_of_thing ON grant_ (what, who);
CREATE INDEX grant_of_principal ON grant_ (who, what);
CREATE INDEX grant_below ON grant_ (parent) WHERE parent IS NOT NULL;

-- The catalogue as a principal sees it: views with the names of the tables. The responder puts this schema first in the
-- search path of a restricted request, so that no look-up can forget to ask. Settings of the transaction:
--   wadozip.who      array of principals
--   wadozip.acts     acts that a grant must have, added up
--   wadozip.profile  profile of de-identification that is asked for; '': the original
--   wadozip.patient, wadozip.patient_issuer   a patient who sees the own studies; '': none. Issuer '*': any
-- Without them nothing is seen.
CREATE SCHEMA wadozip_granted;
COMMENT ON SCHEMA wadozip_granted IS 'wadozip: the catalogue as one principal sees it';

CREATE VIEW wadozip_granted.own_grant AS
    SELECT g.what, g.issuer FROM wadozip.grant_ g
    WHERE g.who = ANY (current_setting('wadozip.who', true)::text[])
      AND g.acts & current_setting('wadozip.acts', true)::int = current_setting('wadozip.acts', true)::int
      AND (g.expires IS NULL OR g.expires > now())
      AND (g.profile IS NULL OR g.profile = current_setting('wadozip.profile', true));

-- The view of series decides about one after the other. It is what retrieval reads.
CREATE VIEW wadozip_granted.series AS
    SELECT se.* FROM wadozip.series se
    WHERE EXISTS (
        SELECT FROM wadozip.study s
        WHERE s.id = se.study_id AND (
            s.patient_id = nullif(current_setting('wadozip.patient', true), '')
                AND current_setting('wadozip.patient_issuer', true) IN ('*', coalesce(s.patient_issuer, ''))
            OR EXISTS (SELECT FROM wadozip_granted.own_grant g
                       WHERE g.what = ANY (ARRAY['everything', 'study ' || s.uid, 'patient ' || s.patient_id,
                                                 'series ' || se.uid])
                         AND (g.issuer IS NULL OR g.issuer = coalesce(s.patient_issuer, '')))));

-- That of studies reads the principal's grants once: a search looks at many studies.
CREATE VIEW wadozip_granted.study AS
    SELECT s.* FROM wadozip.study s
    WHERE EXISTS (SELECT FROM wadozip_granted.own_grant g WHERE g.what = 'everything')
       OR s.uid::text IN (SELECT substr(g.what, 7) FROM wadozip_granted.own_grant g WHERE g.what LIKE 'study %')
       OR s.patient_id IN (SELECT substr(g.what, 9) FROM wadozip_granted.own_grant g
                           WHERE g.what LIKE 'patient %' AND g.issuer IS NULL)
       OR (s.patient_id, coalesce(s.patient_issuer, '')) IN (
              SELECT substr(g.what, 9), g.issuer FROM wadozip_granted.own_grant g
              WHERE g.what LIKE 'patient %' AND g.issuer IS NOT NULL)
       OR s.patient_id = nullif(current_setting('wadozip.patient', true), '')
              AND current_setting('wadozip.patient_issuer', true) IN ('*', coalesce(s.patient_issuer, ''))
       OR s.id IN (SELECT se.study_id FROM wadozip_granted.own_grant g JOIN wadozip.series se ON se.uid = substr(g.what, 8)
                   WHERE g.what LIKE 'series %');

-- A look-up that has found the series reads wadozip.instance instead: what holds for a series holds for its instances.
CREATE VIEW wadozip_granted.instance AS
    SELECT i.* FROM wadozip.instance i
    WHERE EXISTS (SELECT FROM wadozip_granted.series se WHERE se.id = i.series_id);

-- What a removed study held is granted by the UIDs of study and series, or by the patient of what is left of the study.
CREATE VIEW wadozip_granted.gone AS
    SELECT x.* FROM wadozip.gone x
    WHERE EXISTS (SELECT FROM wadozip_granted.own_grant g
                  WHERE g.what = ANY (ARRAY['everything', 'study ' || x.study_uid, 'series ' || x.series_uid]))
       OR EXISTS (SELECT FROM wadozip.study s
                  WHERE s.uid = x.study_uid AND (
                      s.patient_id = nullif(current_setting('wadozip.patient', true), '')
                          AND current_setting('wadozip.patient_issuer', true) IN ('*', coalesce(s.patient_issuer, ''))
                      OR EXISTS (SELECT FROM wadozip_granted.own_grant g WHERE g.what = 'patient ' || s.patient_id
                                 AND (g.issuer IS NULL OR g.issuer = coalesce(s.patient_issuer, '')))));

-- A collection is seen if it is granted, or if all its series are.
CREATE VIEW wadozip_granted.collection AS
    SELECT c.* FROM wadozip.collection c
    WHERE EXISTS (SELECT FROM wadozip_granted.own_grant g WHERE g.what = ANY (ARRAY['everything', 'collection ' || c.id]))
       OR NOT EXISTS (SELECT FROM wadozip.collection_series m WHERE m.collection_id = c.id AND NOT EXISTS (
              SELECT FROM wadozip.study s JOIN wadozip_granted.series se ON se.study_id = s.id
              WHERE s.uid = m.study_uid AND se.uid = m.series_uid));

-- Grant something, and with a collection its series. Gives the number of the grant.
CREATE FUNCTION add_grant(of_who text, of_what text, of_issuer text, of_profile text, of_acts int, seconds bigint)
    RETURNS bigint
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    added bigint;
    until timestamptz := now() + nullif(seconds, 0) * interval '1 s';
BEGIN
    INSERT INTO grant_ (who, what, issuer, profile, acts, expires)
    VALUES (of_who, of_what, of_issuer, of_profile, of_acts, until) RETURNING id INTO added;
    INSERT INTO grant_ (parent, who, what, profile, acts, expires)
    SELECT added, of_who, 'series ' || m.series_uid, of_profile, of_acts, until
    FROM collection_series m WHERE 'collection ' || m.collection_id = of_what;
    RETURN added;
END $$;
