/* Whatever comes over plain HTTP: the answer is one whole response that leads nowhere but to the
 * box. */
#include "signalling/http-answer.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(LecHttpNames) names = lec_http_names_new();
    const LecHttpAnswers answers = {.names = names, .address = "10.0.0.7", .https_port = 8443};
    g_autofree char *head = g_memdup2(data, size); /* so that reading past its end is noticed */
    g_autoptr(GBytes) response = lec_http_answer(head ? head : "", size, &answers);
    if (!response)
        return 0;
    gsize len;
    const char *bytes = g_bytes_get_data(response, &len);
    g_autofree char *text = g_strndup(bytes, len);
    g_assert_true(g_str_has_prefix(text, "HTTP/1.1 "));
    const char *end = strstr(text, "\r\n\r\n");
    g_assert_nonnull(end);
    guint lines = 0;
    for (const char *line = text; line < end; line = strstr(line, "\r\n") + 2)
        lines++;
    g_assert_cmpuint(lines, <=, 8); /* nobody adds a header */
    const char *location = strstr(text, "\r\nLocation: ");
    if (location && location < end)
        g_assert_true(g_str_has_prefix(location + 12, "https://"));
    return 0;
}
