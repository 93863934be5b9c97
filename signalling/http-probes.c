/*
 * The table of connectivity checks. A phone that does not get what it looks for leaves the network
 * again, or takes its user to a page that is none of the box's.
 */
#include "signalling/http-probes.h"

#include <string.h>

#define TEXT "text/plain"
#define HTML "text/html"
#define APPLE "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\n"
#define NETWORK_MANAGER "NetworkManager is online\n"

static const LecHttpProbe probes[] = {
    /* Android, ChromeOS, Chrome and the many makers' own hosts */
    {NULL, "/generate_204", 204},
    {NULL, "/gen_204", 204},
    /* iOS, iPadOS, macOS, tvOS; they try several hosts with these paths */
    {NULL, "/hotspot-detect.html", 200, HTML, APPLE},
    {NULL, "/library/test/success.html", 200, HTML, APPLE},
    {"captive.apple.com", "/", 200, HTML, APPLE},
    /* Windows */
    {"www.msftconnecttest.com", "/connecttest.txt", 200, TEXT, "Microsoft Connect Test"},
    {"ipv6.msftconnecttest.com", "/connecttest.txt", 200, TEXT, "Microsoft Connect Test"},
    {"www.msftncsi.com", "/ncsi.txt", 200, TEXT, "Microsoft NCSI"},
    {"ipv6.msftncsi.com", "/ncsi.txt", 200, TEXT, "Microsoft NCSI"},
    /* Firefox */
    {"detectportal.firefox.com", "/success.txt", 200, TEXT, "success\n"},
    {"detectportal.firefox.com", "/canonical.html", 200, HTML,
     "<meta http-equiv=\"refresh\" "
     "content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>"},
    /* NetworkManager, as distributions set it */
    {"nmcheck.gnome.org", "/check_network_status.txt", 200, TEXT, NETWORK_MANAGER},
    {"network-test.debian.org", "/nm", 200, TEXT, NETWORK_MANAGER},
    {"ping.archlinux.org", "/nm-check.txt", 200, TEXT, NETWORK_MANAGER},
    {"conncheck.opensuse.org", "/", 200, TEXT, NETWORK_MANAGER},
    {"fedoraproject.org", "/static/hotspot.txt", 200, TEXT, "OK"},
    {"connectivity-check.ubuntu.com", "/", 204, .header = "X-NetworkManager-Status: online\r\n"},
    /* KDE */
    {"networkcheck.kde.org", "/", 200, TEXT, "OK\n"},
};

const LecHttpProbe *lec_http_probe_find(const char *host, const char *path) {
    for (gsize i = 0; i < G_N_ELEMENTS(probes); i++) {
        if ((!probes[i].host || !strcmp(probes[i].host, host)) && !strcmp(probes[i].path, path))
            return &probes[i];
    }
    return NULL;
}
