/* SPDX-License-Identifier: MIT */
/* De-identify what the records of a DICOMDIR are made of, as the instances that
 * they name are de-identified. */
#ifndef WADOZIP_DICOM_DICOMDIR_DEID_RECORDS_H
#define WADOZIP_DICOM_DICOMDIR_DEID_RECORDS_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

#include "helper/dicomdir_input.h"
#include "wadozip-dicom/deid/profile.h"

class DeidRecords {
public:
    /* A null profile changes nothing. `issuer`: of the Patient ID. */
    DeidRecords(const DeidProfile *profile, const std::string &issuer)
        : profile_(profile), issuer_(issuer)
    {
    }

    /* Replace the values of the study, which comes first. Throws Refusal if the
     * Patient ID is not ASCII: its pseudonym depends on the bytes in the files.
     */
    void study(struct dicomdir_study &s);

    void series(struct dicomdir_series &s);

    /* Replace the UID of an instance, and its keys (record_keys.h). Throws
     * Refusal. */
    void instance(struct dicomdir_instance &i, std::string &keys);

private:
    void put_patient(DcmDataset &d) const;

    const DeidProfile *profile_;
    std::string issuer_, patient_, study_;
};

#endif
