/* SPDX-License-Identifier: MIT */
import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** Reads an archive with java.util.zip: `file PATH` by its directory, `stream PATH` from front to back. */
public class ReadZip {
    private static final byte[] BLOCK = new byte[1 << 18];

    private static void take(String name, InputStream in, MessageDigest digest, StringBuilder names) throws Exception {
        names.append(name).append('\n');
        for (int n; (n = in.read(BLOCK)) >= 0;)
            digest.update(BLOCK, 0, n);
    }

    public static void main(String[] args) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        StringBuilder names = new StringBuilder();
        if (args[0].equals("file")) {
            try (ZipFile zip = new ZipFile(args[1])) {
                for (Enumeration<? extends ZipEntry> e = zip.entries(); e.hasMoreElements();) {
                    ZipEntry entry = e.nextElement();
                    take(entry.getName(), zip.getInputStream(entry), digest, names);
                }
            }
        } else {
            try (ZipInputStream zip = new ZipInputStream(new BufferedInputStream(new FileInputStream(args[1])))) {
                for (ZipEntry entry; (entry = zip.getNextEntry()) != null;)
                    take(entry.getName(), zip, digest, names);
            }
        }
        System.out.print(names);
        System.out.println(HexFormat.of().formatHex(digest.digest()));
    }
}
