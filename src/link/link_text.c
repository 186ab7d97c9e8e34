/* SPDX-License-Identifier: MIT */
#include "link/link_text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const tags[LINK_LANGUAGES] = {"en", "de", "fr", "es"};

static const char *const texts[LINK_TEXTS][LINK_LANGUAGES] = {
    [LINK_TEXT_TITLE] = {"Medical images for you", "Medizinische Bilder für Sie",
                         "Des images médicales pour vous", "Imágenes médicas para usted"},
    [LINK_TEXT_STUDIES] = {"Studies", "Untersuchungen", "Examens", "Estudios"},
    [LINK_TEXT_IMAGES] = {"Images", "Bilder", "Images", "Imágenes"},
    [LINK_TEXT_SIZE] = {"Size", "Größe", "Taille", "Tamaño"},
    [LINK_TEXT_ABOUT] = {"about", "etwa", "environ", "unos"},
    [LINK_TEXT_BYTES] = {"bytes", "Bytes", "octets", "bytes"},
    [LINK_TEXT_UNTIL] = {"Available until", "Verfügbar bis", "Disponible jusqu’au",
                         "Disponible hasta"},
    [LINK_TEXT_DOWNLOAD] = {"Download", "Herunterladen", "Télécharger", "Descargar"},
    [LINK_TEXT_LIMITED] = {"The number of downloads is limited.",
                           "Die Zahl der Downloads ist begrenzt.",
                           "Le nombre de téléchargements est limité.",
                           "El número de descargas es limitado."},
    [LINK_TEXT_OTHER_FORMS] = {"Other forms", "Andere Formen", "Autres formats", "Otros formatos"},
    [LINK_TEXT_MANIFEST] = {"With checksums (MANIFEST.sha256)", "Mit Prüfsummen (MANIFEST.sha256)",
                            "Avec sommes de contrôle (MANIFEST.sha256)",
                            "Con sumas de comprobación (MANIFEST.sha256)"},
    [LINK_TEXT_MEDIUM] = {"For a CD, a USB stick or an import (DICOMDIR)",
                          "Für CD, USB-Stick oder Import (DICOMDIR)",
                          "Pour un CD, une clé USB ou un import (DICOMDIR)",
                          "Para un CD, una memoria USB o una importación (DICOMDIR)"},
    [LINK_TEXT_BROKEN] = {"If the download is interrupted", "Wenn der Download abbricht",
                          "Si le téléchargement est interrompu", "Si se interrumpe la descarga"},
    [LINK_TEXT_RESUME] =
        {"Choose Resume in the list of downloads of your browser. The file is complete if it has the size above.",
         "Wählen Sie „Fortsetzen“ in der Liste der Downloads Ihres Browsers. Die Datei ist vollständig, wenn sie die oben"
         " genannte Größe hat.",
         "Choisissez «\u00a0Reprendre\u00a0» dans la liste des téléchargements de votre navigateur. Le fichier est complet"
         " s’il a la taille indiquée ci-dessus.",
         "Elija «Reanudar» en la lista de descargas de su navegador. El archivo está completo si tiene el tamaño indicado"
         " arriba."},
    [LINK_TEXT_CHECK] = {"How to check it", "So prüfen Sie es", "Comment le vérifier",
                         "Cómo comprobarlo"},
    [LINK_TEXT_CHECK_HOW] =
        {"Open a terminal in the folder of the file and type the line for your system. The file is undamaged if the checksum"
         " above appears, or “OK”.",
         "Öffnen Sie ein Terminal im Ordner der Datei und geben Sie die Zeile für Ihr System ein. Die Datei ist unbeschädigt,"
         " wenn die Prüfsumme oben erscheint, oder „OK“.",
         "Ouvrez un terminal dans le dossier du fichier et saisissez la ligne de votre système. Le fichier est intact si la"
         " somme de contrôle ci-dessus apparaît, ou «\u00a0OK\u00a0».",
         "Abra un terminal en la carpeta del archivo y escriba la línea de su sistema. El archivo está intacto si aparece la"
         " suma de comprobación de arriba, o «OK»."},
    [LINK_TEXT_OPEN] = {"How to open it", "So öffnen Sie es", "Comment l’ouvrir", "Cómo abrirlo"},
    [LINK_TEXT_ZIP] =
        {"The download is a ZIP file of DICOM images. Keep it: you can hand it on as it is.",
         "Der Download ist eine ZIP-Datei mit DICOM-Bildern. Bewahren Sie sie auf: Sie können sie so"
         " weitergeben.",
         "Le téléchargement est un fichier ZIP d’images DICOM. Conservez-le\u00a0: vous pouvez le transmettre tel"
         " quel.",
         "La descarga es un archivo ZIP de imágenes DICOM. Consérvelo: puede entregarlo tal como está."},
    [LINK_TEXT_WINDOWS] =
        {"Right-click the file, choose Extract All, and open the folder with a DICOM viewer, for example Weasis or MicroDicom.",
         "Klicken Sie mit rechts auf die Datei, wählen Sie „Alle extrahieren“, und öffnen Sie den Ordner mit einem"
         " DICOM-Betrachter, zum Beispiel Weasis oder MicroDicom.",
         "Cliquez à droite sur le fichier, choisissez «\u00a0Extraire tout\u00a0», et ouvrez le dossier avec une visionneuse"
         " DICOM, par exemple Weasis ou MicroDicom.",
         "Haga clic derecho en el archivo, elija «Extraer todo» y abra la carpeta con un visor DICOM, por ejemplo Weasis o"
         " MicroDicom."},
    [LINK_TEXT_MACOS] =
        {"Double-click the file, and open the folder with a DICOM viewer, for example Weasis or Horos.",
         "Doppelklicken Sie auf die Datei, und öffnen Sie den Ordner mit einem DICOM-Betrachter, zum Beispiel Weasis oder"
         " Horos.",
         "Double-cliquez sur le fichier, et ouvrez le dossier avec une visionneuse DICOM, par exemple Weasis ou Horos.",
         "Haga doble clic en el archivo y abra la carpeta con un visor DICOM, por ejemplo Weasis u Horos."},
    [LINK_TEXT_PHONE_NAME] = {"Phone", "Telefon", "Téléphone", "Teléfono"},
    [LINK_TEXT_PHONE] =
        {"Save the file (Files on iPhone and iPad, Downloads on Android), and open it with an app for DICOM images.",
         "Speichern Sie die Datei (Dateien auf iPhone und iPad, Downloads auf Android), und öffnen Sie sie mit einer App für"
         " DICOM-Bilder.",
         "Enregistrez le fichier (Fichiers sur iPhone et iPad, Téléchargements sur Android), et ouvrez-le avec une application"
         " pour images DICOM.",
         "Guarde el archivo (Archivos en iPhone y iPad, Descargas en Android) y ábralo con una aplicación de imágenes DICOM."},
    [LINK_TEXT_DICOMDIR] =
        {"The archive contains a DICOMDIR: copied to a disc or USB stick it is a DICOM medium.",
         "Das Archiv enthält ein DICOMDIR: Auf eine CD oder einen USB-Stick kopiert ist es ein DICOM-Datenträger.",
         "L’archive contient un DICOMDIR\u00a0: copiée sur un disque ou une clé USB, c’est un support DICOM.",
         "El archivo contiene un DICOMDIR: copiado en un disco o una memoria USB es un soporte DICOM."},
    [LINK_TEXT_PROGRAMS] = {"Programs: the DICOMweb address is",
                            "Für Programme: Die DICOMweb-Adresse ist",
                            "Pour les logiciels\u00a0: l’adresse DICOMweb est",
                            "Para programas: la dirección DICOMweb es"},
    [LINK_TEXT_PASSCODE] = {"Passcode", "Zugangscode", "Code d’accès", "Código de acceso"},
    [LINK_TEXT_WRONG] = {"This passcode is wrong.", "Dieser Zugangscode ist falsch.",
                         "Ce code d’accès est faux.", "Este código de acceso es incorrecto."},
    [LINK_TEXT_PROTECTED] =
        {"These images are protected. After five wrong passcodes the link is locked.",
         "Diese Bilder sind geschützt. Nach fünf falschen Zugangscodes wird der Link gesperrt.",
         "Ces images sont protégées. Après cinq codes erronés, le lien est verrouillé.",
         "Estas imágenes están protegidas. Tras cinco códigos incorrectos se bloquea el enlace."},
    [LINK_TEXT_CONTINUE] = {"Continue", "Weiter", "Continuer", "Continuar"},
    [LINK_TEXT_NOTHING] = {"Nothing to download here", "Hier gibt es nichts herunterzuladen",
                           "Rien à télécharger ici", "No hay nada que descargar aquí"},
    [LINK_TEXT_ASK] =
        {"Ask the person or institution that sent you the link for a new one.",
         "Bitten Sie die Person oder Einrichtung, die Ihnen den Link geschickt hat, um einen neuen.",
         "Demandez un nouveau lien à la personne ou à l’établissement qui vous l’a envoyé.",
         "Pida un enlace nuevo a la persona o institución que se lo envió."},
    [LINK_TEXT_UNKNOWN] = {"This link does not exist. It may have been copied incompletely.",
                           "Diesen Link gibt es nicht. Vielleicht wurde er unvollständig kopiert.",
                           "Ce lien n’existe pas. Il a peut-être été copié incomplètement.",
                           "Este enlace no existe. Quizá se copió incompleto."},
    [LINK_TEXT_EXPIRED] = {"This link has expired.", "Dieser Link ist abgelaufen.",
                           "Ce lien a expiré.", "Este enlace ha caducado."},
    [LINK_TEXT_REVOKED] = {"This link was withdrawn.", "Dieser Link wurde zurückgezogen.",
                           "Ce lien a été retiré.", "Este enlace ha sido retirado."},
    [LINK_TEXT_USED_UP] = {"This link was used as often as it may be.",
                           "Dieser Link wurde so oft benutzt wie erlaubt.",
                           "Ce lien a été utilisé autant de fois que permis.",
                           "Este enlace se ha usado tantas veces como está permitido."},
    [LINK_TEXT_LOCKED] = {"This link was locked after five wrong passcodes.",
                          "Dieser Link wurde nach fünf falschen Zugangscodes gesperrt.",
                          "Ce lien a été verrouillé après cinq codes erronés.",
                          "Este enlace se bloqueó tras cinco códigos incorrectos."},
    [LINK_TEXT_GONE] = {"These images are no longer available.",
                        "Diese Bilder sind nicht mehr verfügbar.",
                        "Ces images ne sont plus disponibles.",
                        "Estas imágenes ya no están disponibles."},
    [LINK_TEXT_NO_RESOURCE] = {"There is nothing at this address.",
                               "Unter dieser Adresse gibt es nichts.",
                               "Il n’y a rien à cette adresse.", "No hay nada en esta dirección."},
    [LINK_TEXT_PREVIEW] =
        {"The images are sent when somebody asks for them, not in advance.",
         "Die Bilder werden gesendet, wenn jemand sie anfordert, nicht im Voraus.",
         "Les images sont envoyées à la demande, pas à l’avance.",
         "Las imágenes se envían cuando alguien las pide, no por adelantado."},
};

static int language_of(const char *tag, size_t len)
{
    for (int l = 0; l < LINK_LANGUAGES; l++)
        if (len == 2 && strncasecmp(tag, tags[l], len) == 0)
            return l;
    return LINK_LANGUAGES;
}

/* Return a weight in thousandths. `parameters` begins after the language range.
 */
static int weight_of(const char *parameters, size_t len)
{
    const char *q = len ? memchr(parameters, '=', len) : NULL;
    double weight = q ? strtod(q + 1, NULL) : 1;

    return weight > 0 && weight <= 1 ? (int)(weight * 1000) : weight > 1 ? 1000 : 0;
}

enum link_language link_text_language(const char *accept)
{
    enum link_language best = LINK_ENGLISH;
    int most = 0;

    for (const char *s = accept ? accept : ""; *s;) {
        const char *range = s + strspn(s, ", \t");
        size_t tag = strcspn(range, "-,; \t"), whole = strcspn(range, ",;"),
               all = strcspn(range, ",");
        int found = language_of(range, tag), weight = weight_of(range + whole, all - whole);

        if (found < LINK_LANGUAGES && weight > most) {
            most = weight;
            best = (enum link_language)found;
        }
        s = range + all;
    }
    return best;
}

const char *link_text_tag(enum link_language l)
{
    return tags[l];
}

const char *link_text(enum link_text t, enum link_language l)
{
    return texts[t][l];
}
