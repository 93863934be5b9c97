/* Draws conclusions from what the probes found, a result a question. */
#include "common/net/netcheck-judge.h"

#define CLOCK_S 90 /* what certificates and one-time codes put up with */

static void result_free(gpointer data) {
    LecNetcheckResult *self = data;
    g_free(self->sentence);
    g_free(self->advice);
    g_free(self->firewall);
    g_free(self);
}

/* Takes sentence and firewall. */
static void say(GPtrArray *results, const char *name, LecNetcheckState state, char *sentence,
                const char *advice, char *firewall) {
    LecNetcheckResult *result = g_new0(LecNetcheckResult, 1);
    *result = (LecNetcheckResult){.name = name,
                                  .state = state,
                                  .sentence = sentence,
                                  .advice = g_strdup(advice),
                                  .firewall = firewall};
    g_ptr_array_add(results, result);
}

static char *allow_https(const LecNetFacts *facts) {
    return g_strdup_printf("allow out: TCP 443 to %s, boxes.%s and turn.%s", facts->cloud,
                           facts->cloud, facts->cloud);
}

/* The try by which the cloud is reached; the direct one where neither is. */
static const LecNetHttps *best(const LecNetFacts *facts) {
    return !facts->direct.secured && facts->proxied.secured ? &facts->proxied : &facts->direct;
}

static void judge_dns(const LecNetFacts *facts, GPtrArray *results) {
    const bool by_proxy = facts->proxied.via_proxy && facts->proxied.secured;
    const LecNetcheckState trouble = by_proxy ? LEC_NETCHECK_WARN : LEC_NETCHECK_FAIL;
    const char *advice =
        by_proxy ? "Nothing, as long as everything goes through the proxy, which looks names up."
                 : "Set a name server that works on this machine, or in the network's DHCP.";
    switch (facts->lookup) {
    case LEC_NET_FOUND:
        say(results, "dns", LEC_NETCHECK_OK, g_strdup("The cloud's names are found in DNS."), NULL,
            NULL);
        break;
    case LEC_NET_NOT_FOUND:
        say(results, "dns", trouble,
            g_strdup_printf("The name service answers that there is no %s.", facts->missing),
            by_proxy ? advice
                     : "Check the cloud's name in the settings, and ask whoever runs the cloud "
                       "whether all its names are in DNS.",
            NULL);
        break;
    case LEC_NET_SILENT:
        say(results, "dns", trouble,
            g_strdup_printf("No name server told the address of %s in time.", facts->missing),
            advice, g_strdup("allow out: UDP 53 and TCP 53 to the network's name servers"));
        break;
    case LEC_NET_UNTRIED:
        break;
    }
}

static void judge_clock(const LecNetFacts *facts, GPtrArray *results) {
    const LecNetHttps *tried = best(facts);
    if (tried->date_s == 0) {
        say(results, "clock", LEC_NETCHECK_UNKNOWN,
            g_strdup("The cloud has not told the time, so the clock could not be compared."), NULL,
            NULL);
        return;
    }
    const gint64 ahead = tried->own_s - tried->date_s;
    if (ABS(ahead) <= CLOCK_S) {
        say(results, "clock", LEC_NETCHECK_OK, g_strdup("The clock is right."), NULL, NULL);
        return;
    }
    say(results, "clock", LEC_NETCHECK_FAIL,
        g_strdup_printf("This machine's clock is %" G_GINT64_FORMAT " s %s the cloud's.",
                        ABS(ahead), ahead > 0 ? "ahead of" : "behind"),
        "Let the machine set its clock by NTP, or set it by hand: certificates and credentials are "
        "valid for a time only.",
        g_strdup("allow out: UDP 123 to the network's time servers"));
}

static void judge_https(const LecNetFacts *facts, GPtrArray *results) {
    if (facts->direct.connected) {
        say(results, "https", LEC_NETCHECK_OK,
            g_strdup_printf("%s is reached on port 443.", facts->cloud), NULL, NULL);
    } else if (facts->proxied.secured) {
        say(results, "https", LEC_NETCHECK_OK,
            g_strdup_printf("%s is reached on port 443 through a proxy.", facts->cloud), NULL,
            NULL);
    } else {
        const char *why = facts->proxied.via_proxy ? facts->proxied.why : facts->direct.why;
        say(results, "https", LEC_NETCHECK_FAIL,
            g_strdup_printf("%s cannot be reached on port 443. %s", facts->cloud, why ? why : ""),
            facts->lookup == LEC_NET_FOUND
                ? "Ask whoever looks after the network to let this through, or for its proxy."
                : "See to the name service first.",
            allow_https(facts));
    }
}

/* The first of those that came whose certificate is not what it should be; else the first. */
static const LecNetHttps *most_suspicious(const LecNetFacts *facts) {
    const LecNetHttps *const tried[] = {best(facts), &facts->box, &facts->relay};
    const LecNetHttps *first = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(tried); i++) {
        if (!tried[i]->secured)
            continue;
        if (tried[i]->pin_differs || (!facts->first_use && tried[i]->flaws))
            return tried[i];
        first = first && !tried[i]->pinned ? first : tried[i];
    }
    return first ? first : best(facts);
}

static void judge_certificate(const LecNetFacts *facts, GPtrArray *results) {
    const LecNetHttps *tried = most_suspicious(facts);
    const char *issuer = tried->issuer ? tried->issuer : "nobody who gives a name";
    const GTlsCertificateFlags times = G_TLS_CERTIFICATE_EXPIRED | G_TLS_CERTIFICATE_NOT_ACTIVATED;
    if (!tried->secured) {
        say(results, "certificate", LEC_NETCHECK_UNKNOWN,
            g_strdup("No certificate came, so nobody can say who answers."), NULL, NULL);
    } else if (tried->pin_differs) {
        say(results, "certificate", LEC_NETCHECK_FAIL,
            g_strdup_printf(
                "What answers for %s has another key than the cloud, with a certificate "
                "of %s: something on the way opens encrypted connections, or the cloud "
                "has a new key.",
                tried->host, issuer),
            "Ask whoever looks after the network to leave these names alone (no TLS inspection); "
            "ask whoever runs the cloud whether its key is new.",
            allow_https(facts));
    } else if (facts->first_use) {
        say(results, "certificate", tried->pinned ? LEC_NETCHECK_OK : LEC_NETCHECK_UNKNOWN,
            g_strdup(tried->pinned
                         ? "The cloud's key is the one that is known."
                         : "The cloud's key is not known yet: the first one will be trusted."),
            NULL, NULL);
    } else if (tried->flaws & G_TLS_CERTIFICATE_UNKNOWN_CA) {
        say(results, "certificate", LEC_NETCHECK_FAIL,
            g_strdup_printf("The certificate that came for %s was issued by %s, which this machine "
                            "does not know: something on the way opens encrypted connections, or "
                            "the cloud has an authority of its own.",
                            tried->host, issuer),
            "Ask whoever looks after the network to leave these names alone (no TLS inspection). "
            "If "
            "the cloud has an authority of its own, name its file in the settings.",
            allow_https(facts));
    } else if (tried->flaws & G_TLS_CERTIFICATE_BAD_IDENTITY) {
        say(results, "certificate", LEC_NETCHECK_FAIL,
            g_strdup_printf("The certificate that came is of %s, and not for the name %s.", issuer,
                            tried->host),
            "Ask whoever runs the cloud; a sign-in page of the network may be in the way, too.",
            NULL);
    } else if (tried->flaws & times) {
        say(results, "certificate", LEC_NETCHECK_FAIL,
            g_strdup_printf("The certificate of %s is not valid at the time that this machine's "
                            "clock shows.",
                            tried->host),
            "Check the clock first; if it is right, tell whoever runs the cloud.", NULL);
    } else if (tried->flaws) {
        say(results, "certificate", LEC_NETCHECK_FAIL,
            g_strdup_printf("The certificate of %s cannot be trusted.", tried->host),
            "Tell whoever runs the cloud.", NULL);
    } else {
        say(results, "certificate", LEC_NETCHECK_OK,
            g_strdup_printf("Nobody is between here and %s: its certificate is in order.",
                            tried->host),
            NULL, NULL);
    }
}

static void judge_proxy(const LecNetFacts *facts, GPtrArray *results) {
    const bool proxy = facts->proxied.via_proxy;
    if (proxy && facts->proxied.secured && !facts->direct.secured)
        say(results, "proxy", LEC_NETCHECK_OK,
            g_strdup_printf("A proxy is needed here, and it works: %s.", facts->proxy), NULL, NULL);
    else if (proxy && facts->proxied.secured)
        say(results, "proxy", LEC_NETCHECK_OK,
            g_strdup_printf("The proxy works (%s); direct connections do as well.", facts->proxy),
            NULL, NULL);
    else if (proxy)
        say(results, "proxy", facts->direct.secured ? LEC_NETCHECK_WARN : LEC_NETCHECK_FAIL,
            g_strdup_printf("The proxy does not help (%s). %s", facts->proxy,
                            facts->proxied.why ? facts->proxied.why : ""),
            facts->direct.secured ? "Set proxy to none: direct connections work."
                                  : "Check the proxy's address, user name and password.",
            NULL);
    else if (facts->direct.connected)
        say(results, "proxy", LEC_NETCHECK_OK, g_strdup("No proxy is needed."), NULL, NULL);
    else
        say(results, "proxy", LEC_NETCHECK_UNKNOWN,
            g_strdup("Direct connections fail, and no proxy is set that could be tried."),
            "If this network has a proxy, name it in the setting proxy.", NULL);
}

static char *allow_udp(const LecNetFacts *facts) {
    return g_strdup_printf("allow out: UDP 3478 to turn.%s, and UDP from ports above 1023 to any, "
                           "with the answers",
                           facts->cloud);
}

static bool is_udp_blocked(const LecNetFacts *facts) {
    return facts->stun.asked > 0 && facts->stun.answered == 0;
}

static void judge_udp(const LecNetFacts *facts, GPtrArray *results) {
    if (facts->stun.answered > 0)
        say(results, "udp", LEC_NETCHECK_OK,
            g_strdup("UDP passes: pictures take the direct path where there is one."), NULL, NULL);
    else if (is_udp_blocked(facts) && facts->relay.secured)
        say(results, "udp", LEC_NETCHECK_WARN,
            g_strdup("UDP is blocked: pictures go through the cloud's relay, inside TLS on port "
                     "443. That costs some 10 ms and the way there and back, and loss on the way "
                     "is felt as hesitation."),
            "Nothing must be done; with UDP let through pictures come faster.", allow_udp(facts));
    else if (is_udp_blocked(facts))
        say(results, "udp", LEC_NETCHECK_FAIL,
            g_strdup("UDP is blocked, and the cloud's relay is not reached on port 443 either: "
                     "pictures have no way out."),
            "Ask whoever looks after the network to let one of them through.", allow_udp(facts));
    else
        say(results, "udp", LEC_NETCHECK_UNKNOWN,
            g_strdup_printf("UDP could not be tried. %s", facts->stun.why ? facts->stun.why : ""),
            NULL, NULL);
}

static void judge_nat(const LecNetFacts *facts, GPtrArray *results) {
    const LecNetStun *stun = &facts->stun;
    if (stun->answered == 0)
        say(results, "nat", LEC_NETCHECK_UNKNOWN,
            g_strdup("Without UDP there is nothing to say about address translation."), NULL, NULL);
    else if (stun->own_address)
        say(results, "nat", LEC_NETCHECK_OK,
            g_strdup("Addresses are not translated on the way out."), NULL, NULL);
    else if (stun->answered < 2)
        say(results, "nat", LEC_NETCHECK_UNKNOWN,
            g_strdup_printf("Addresses are translated (this machine is seen as %s); one server "
                            "alone cannot tell in which way.",
                            stun->mapped[0]),
            NULL, NULL);
    else if (g_strcmp0(stun->mapped[0], stun->mapped[1]) == 0)
        say(results, "nat", LEC_NETCHECK_OK,
            g_strdup_printf("Addresses are translated in the same way for everybody (%s): direct "
                            "paths are likely.",
                            stun->mapped[0]),
            NULL, NULL);
    else
        say(results, "nat", LEC_NETCHECK_WARN,
            g_strdup_printf(
                "Addresses are translated anew for each server (%s, %s): direct paths "
                "to others behind such a router do not come about, and a relay is used.",
                stun->mapped[0], stun->mapped[1]),
            "If pictures are slow, ask for a translation that keeps ports (endpoint-independent "
            "mapping).",
            NULL);
}

static void judge_relay(const LecNetFacts *facts, GPtrArray *results) {
    if (facts->relay.secured && !facts->relay.flaws)
        say(results, "relay", LEC_NETCHECK_OK,
            g_strdup("The cloud's relay is reached inside TLS on port 443."), NULL, NULL);
    else
        say(results, "relay", is_udp_blocked(facts) ? LEC_NETCHECK_FAIL : LEC_NETCHECK_WARN,
            g_strdup_printf("The cloud's relay cannot be used on port 443. %s",
                            facts->relay.why ? facts->relay.why : ""),
            "Where UDP is blocked at the other end, pictures have no way without it.",
            g_strdup_printf("allow out: TCP 443 to turn.%s", facts->cloud));
}

static void judge_multicast(const LecNetFacts *facts, GPtrArray *results) {
    const char *advice = "Where displays are not found by name, type the 10-digit meeting ID, or "
                         "ask for multicast DNS between wireless clients.";
    if (facts->multicast.why)
        say(results, "multicast", LEC_NETCHECK_WARN,
            g_strdup_printf("Multicast DNS cannot be sent. %s", facts->multicast.why), advice,
            NULL);
    else if (facts->multicast.others > 0)
        say(results, "multicast", LEC_NETCHECK_OK,
            g_strdup_printf("Multicast DNS passes: %u other machine%s answered.",
                            facts->multicast.others, facts->multicast.others == 1 ? "" : "s"),
            NULL, NULL);
    else
        say(results, "multicast", LEC_NETCHECK_UNKNOWN,
            g_strdup("No other machine answered by multicast DNS: there is none, or the network "
                     "filters it. One machine alone cannot tell."),
            advice, g_strdup("allow between clients: UDP 5353 to 224.0.0.251 and ff02::fb"));
}

static void judge_isolation(const LecNetFacts *facts, GPtrArray *results) {
    if (!facts->peer)
        say(results, "isolation", LEC_NETCHECK_UNKNOWN,
            g_strdup(
                "Whether machines of this network reach each other can only be tried with one: "
                "--peer ADDRESS."),
            NULL, NULL);
    else if (facts->peer_reach == LEC_NET_REACHES)
        say(results, "isolation", LEC_NETCHECK_OK,
            g_strdup_printf("%s is reached: machines here may speak to each other.", facts->peer),
            NULL, NULL);
    else if (facts->gateway_reach == LEC_NET_REACHES)
        say(results, "isolation", LEC_NETCHECK_WARN,
            g_strdup_printf("The router answers, and %s does not: the network keeps its machines "
                            "apart (client isolation), or that machine is off or closed.",
                            facts->peer),
            "Ask for the isolation to be lifted between presenters and displays, or share through "
            "the cloud.",
            g_strdup("allow between clients: TCP 443 and UDP above 1023 to displays"));
    else
        say(results, "isolation", LEC_NETCHECK_UNKNOWN,
            g_strdup_printf("Neither the router nor %s answers.", facts->peer),
            "Check the cable or the Wi-Fi.", NULL);
}

GPtrArray *lec_netcheck_judge(const LecNetFacts *facts) {
    GPtrArray *results = g_ptr_array_new_with_free_func(result_free);
    if (facts->cloud) {
        judge_dns(facts, results);
        judge_clock(facts, results);
        judge_https(facts, results);
        judge_certificate(facts, results);
        judge_proxy(facts, results);
        judge_udp(facts, results);
        judge_nat(facts, results);
        judge_relay(facts, results);
    }
    judge_multicast(facts, results);
    judge_isolation(facts, results);
    return results;
}
