-- SPDX-License-Identifier: MIT
-- Look-ups of collections read their series, not the collection itself. Applied by `wadozip migrate` in one transaction with
-- the search path wadozip, pg_temp.

CREATE VIEW wadozip_granted.collection_series AS
    SELECT m.* FROM wadozip.collection_series m
    WHERE EXISTS (SELECT FROM wadozip_granted.collection c WHERE c.id = m.collection_id);

CREATE VIEW wadozip_granted.collection_archive AS
    SELECT a.* FROM wadozip.collection_archive a
    WHERE EXISTS (SELECT FROM wadozip_granted.collection c WHERE c.id = a.collection_id);
