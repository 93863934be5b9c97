/* The process's language and character set. */
#include "common/base/language.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

void lec_language_init(void) {
    setlocale(LC_MESSAGES, "");
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}
