#include "dicom/duid.h"

bool duid_valid(const char *s, size_t len)
{
    size_t start = 0; /* of the component being read */

    if (len == 0 || len > DUID_MAX)
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && s[i] >= '0' && s[i] <= '9')
            continue;
        if (i < len && s[i] != '.')
            return false;
        if (i == start || (s[start] == '0' && i - start > 1))
            return false;
        start = i + 1;
    }
    return true;
}
