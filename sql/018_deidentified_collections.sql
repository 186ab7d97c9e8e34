-- SPDX-License-Identifier: MIT
-- Collections that are sent as a profile of de-identification leaves them, and only so. Applied by `wadozip migrate` in one
-- transaction with the search path wadozip, pg_temp.

ALTER TABLE collection
    DROP CONSTRAINT collection_profile_check,
    ADD CONSTRAINT collection_profile_check CHECK (profile ~ '^[a-z0-9_-]{0,32}$'); -- as in settings deid.NAME
