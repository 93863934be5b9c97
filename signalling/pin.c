/* Takes the spaces out of a PIN that do not count. */
#include "signalling/pin.h"

#include <glib.h>
#include <string.h>

void lec_pin_tidy(char *pin) {
    g_strstrip(pin);
    if (pin[strspn(pin, "0123456789 ")] != '\0')
        return;
    char *to = pin;
    for (const char *from = pin; *from != '\0'; from++)
        if (*from != ' ')
            *to++ = *from;
    /* To the old end, so that nothing of a longer line is left behind. */
    while (*to != '\0')
        *to++ = '\0';
}
