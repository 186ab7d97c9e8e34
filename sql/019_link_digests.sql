-- SPDX-License-Identifier: MIT
-- SHA-256 of the archive of a link, of the last whole download whose archive was not known yet. Applied by
-- `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

ALTER TABLE link
    ADD archive_etag text, -- with quotes; NULL: not known
    ADD archive_sha256 bytea CHECK (octet_length(archive_sha256) = 32);
