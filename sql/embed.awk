# Writes the SQL files named on the command line, sorted, as the C table of src/db/sql_files.h. Migrations must be
# numbered without a gap, up to CATALOG_SCHEMA.

BEGIN {
    print "#include \"db/sql_files.h\"\n\n#include \"db/schema.h\"\n\nconst struct sql_file sql_files[] = {"
}

FNR == 1 {
    name = FILENAME
    sub(/.*\//, "", name)
    if (name ~ /^[0-9][0-9][0-9]_/ && substr(name, 1, 3) + 0 != ++migrations) {
        print "embed.awk: " name " should be number " migrations >"/dev/stderr"
        failed = 1
        exit 1
    }
    printf "%s    {\"%s\",\n", (NR > 1 ? "    },\n" : ""), name
}

{
    gsub(/[\\"?]/, "\\\\&")
    print "     \"" $0 "\\n\""
}

END {
    if (!failed)
        print "    },\n    {NULL, NULL},\n};\n\n_Static_assert(CATALOG_SCHEMA == " migrations ", \"one migration a version\");"
}
