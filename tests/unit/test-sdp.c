/* SDP as browsers and we write it, and what is refused and why. */
#include "signalling/sdp.h"
#include "tests/support/media-params-equal.h"
#include "tests/support/sdp-corpus.h"

static LecMediaParams *parse(LecSdpType type, const char *text) {
    g_autoptr(GError) error = NULL;
    LecMediaParams *params = lec_sdp_parse(type, text, strlen(text), &error);
    g_assert_no_error(error);
    return params;
}

static LecMediaParams *parse_corpus(LecSdpType type, const char *name) {
    g_autofree char *text = sdp_corpus_load(name);
    return parse(type, text);
}

static void refuse(LecSdpType type, const char *text, LecSdpError code) {
    g_autoptr(GError) error = NULL;
    g_autofree char *exact = g_memdup2(text, strlen(text) + 1);
    g_autoptr(LecMediaParams) params = lec_sdp_parse(type, exact, strlen(text), &error);
    g_assert_null(params);
    g_test_message("%s", error->message);
    g_assert_error(error, LEC_SDP_ERROR, (gint)code);
}

static void refuse_edit(const char *what, const char *with, LecSdpError code) {
    g_autofree char *text = sdp_corpus_edit("small-bare-lf", what, with);
    refuse(LEC_SDP_OFFER, text, code);
}

static LecMediaParams *parse_edit(const char *what, const char *with) {
    g_autofree char *text = sdp_corpus_edit("small-bare-lf", what, with);
    return parse(LEC_SDP_OFFER, text);
}

static void test_chromium_offer(void) {
    g_autoptr(LecMediaParams) offer = parse_corpus(LEC_SDP_OFFER, "chromium-offer");
    g_assert_cmpstr(offer->ice_ufrag, ==, "Xk3d");
    g_assert_cmpstr(offer->ice_pwd, ==, "9cVhBq7dm2PzQeKSh3cLr7fW");
    g_assert_cmpint(offer->setup, ==, LEC_SETUP_ACTPASS);
    g_assert_cmphex(offer->fingerprint.bytes[0], ==, 0x7b);
    g_assert_cmpuint(offer->n_sections, ==, 3);
    const LecMediaSection *audio = &offer->sections[0], *video = &offer->sections[1];
    g_assert_cmpint(audio->kind, ==, LEC_MEDIA_AUDIO);
    g_assert_cmpuint(audio->n_codecs, ==, 1);
    g_assert_cmpuint(audio->codecs[0].payload_type, ==, 111);
    g_assert_cmpuint(audio->codecs[0].channels, ==, 2);
    g_assert_cmpstr(audio->codecs[0].fmtp, ==, "minptime=10;useinbandfec=1");
    g_assert_true(audio->codecs[0].transport_cc && !audio->codecs[0].nack);
    g_assert_cmpint(video->direction, ==, LEC_MEDIA_SENDONLY);
    g_assert_cmpstr(video->mid, ==, "1");
    g_assert_cmpuint(video->transport_cc_id, ==, 3);
    g_assert_cmpuint(video->mid_id, ==, 4);
    g_assert_cmpuint(video->ssrc, ==, 3194126287);
    g_assert_cmpuint(video->rtx_ssrc, ==, 2841870119);
    g_assert_cmpuint(video->n_codecs, ==, 11); /* all but H265, red and ulpfec */
    const LecCodecParams *h264 = &video->codecs[3];
    g_assert_cmpint(h264->codec, ==, LEC_CODEC_H264);
    g_assert_cmpuint(h264->payload_type, ==, 109);
    g_assert_cmpuint(h264->rtx_payload_type, ==, 114);
    g_assert_true(h264->nack && h264->pli && h264->transport_cc);
    g_assert_true(offer->sections[2].rejected);
    g_assert_cmpstr(offer->sections[2].other, ==, "application UDP/DTLS/SCTP webrtc-datachannel");
    g_assert_cmpuint(offer->candidates->len, ==, 5);
    const LecCandidate *mdns = &g_array_index(offer->candidates, LecCandidate, 0);
    g_assert_cmpstr(mdns->address, ==, "6b6e1f9a-52a6-4a0c-a1b4-52ab0de0a2f6.local");
    g_assert_false(offer->end_of_candidates);
}

/* Its parameter sets stand in the format parameters, and make them longer than anybody else's. */
static void test_gstreamer_offer(void) {
    g_autoptr(LecMediaParams) offer = parse_corpus(LEC_SDP_OFFER, "gstreamer-offer");
    g_assert_cmpuint(offer->n_sections, ==, 1);
    const LecMediaSection *video = &offer->sections[0];
    g_assert_false(video->rejected);
    g_assert_cmpuint(video->n_codecs, ==, 1);
    g_assert_cmpint(video->codecs[0].codec, ==, LEC_CODEC_H264);
    g_assert_cmpstr(video->codecs[0].fmtp, ==,
                    "packetization-mode=1;profile-level-id=42c015;level-asymmetry-allowed=1");
    g_assert_true(video->codecs[0].pli && video->codecs[0].transport_cc && !video->codecs[0].nack);
}

static void test_max_bundle(void) {
    g_autoptr(LecMediaParams) offer = parse_corpus(LEC_SDP_OFFER, "chromium-max-bundle");
    g_assert_false(offer->sections[1].rejected); /* port 0, but bundle-only */
    g_assert_cmpuint(offer->sections[1].n_codecs, ==, 11);
    g_autofree char *answer =
        sdp_corpus_edit("chromium-max-bundle", "setup:actpass", "setup:active");
    g_autoptr(LecMediaParams) rejecting = parse(LEC_SDP_ANSWER, answer);
    g_assert_true(rejecting->sections[1].rejected);
}

static void test_firefox_offer(void) {
    g_autoptr(LecMediaParams) offer = parse_corpus(LEC_SDP_OFFER, "firefox-offer");
    g_assert_cmpstr(offer->ice_ufrag, ==, "9f2a6d1c"); /* the tagged section's, not video's */
    g_assert_cmphex(offer->fingerprint.bytes[0], ==, 0x39);
    g_assert_cmpuint(offer->candidates->len, ==, 3); /* without RTCP's and video's */
    g_assert_true(offer->end_of_candidates);
    const LecMediaSection *video = &offer->sections[1];
    g_assert_cmpuint(video->n_codecs, ==, 7);
    g_assert_cmpint(video->codecs[2].codec, ==, LEC_CODEC_H264);
    g_assert_cmpuint(video->codecs[2].rtx_payload_type, ==, 127);
    g_assert_cmpuint(video->transport_cc_id, ==, 7);
    g_assert_cmpuint(video->ssrc, ==, 3083117297);
    g_assert_cmpuint(video->rtx_ssrc, ==, 1274398733);
    const LecCandidate *tcp = &g_array_index(offer->candidates, LecCandidate, 1);
    g_assert_cmpint(tcp->transport, ==, LEC_CANDIDATE_TCP_ACTIVE);
}

static void test_answer(void) {
    g_autoptr(LecMediaParams) answer = parse_corpus(LEC_SDP_ANSWER, "chromium-answer");
    g_assert_cmpint(answer->setup, ==, LEC_SETUP_ACTIVE);
    g_assert_cmpint(answer->sections[0].direction, ==, LEC_MEDIA_RECVONLY);
    g_autofree char *undecided =
        sdp_corpus_edit("chromium-answer", "a=setup:active", "a=setup:actpass");
    refuse(LEC_SDP_ANSWER, undecided, LEC_SDP_ERROR_SYNTAX);
    g_autofree char *stranger = sdp_corpus_edit("chromium-answer", "H264/", "H263/");
    refuse(LEC_SDP_ANSWER, stranger, LEC_SDP_ERROR_UNSUPPORTED);
}

static void test_round_trips(void) {
    static const char *const names[] = {"chromium-offer", "chromium-max-bundle", "firefox-offer",
                                        "lectern-offer",  "small-bare-lf",       "rejected-section",
                                        "wildcard-fb",    "many-candidates"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(LecMediaParams) params = parse_corpus(LEC_SDP_OFFER, names[i]);
        g_autofree char *written = lec_sdp_write(LEC_SDP_OFFER, params);
        g_autoptr(LecMediaParams) again = parse(LEC_SDP_OFFER, written);
        g_assert_true(media_params_equal(params, again));
    }
}

/* What we write is, byte for byte, what we said that we would. */
static void test_write(void) {
    g_autoptr(LecMediaParams) offer = parse_corpus(LEC_SDP_OFFER, "lectern-offer");
    g_autofree char *written = lec_sdp_write(LEC_SDP_OFFER, offer);
    g_autofree char *expected = sdp_corpus_load("lectern-offer");
    const char *from = strstr(written, "\r\ns="), *expected_from = strstr(expected, "\r\ns=");
    g_assert_cmpstr(from, ==, expected_from); /* but for the session's number */
}

static void test_candidates_bounded(void) {
    g_autoptr(LecMediaParams) params = parse_corpus(LEC_SDP_OFFER, "many-candidates");
    g_assert_cmpuint(params->candidates->len, ==, LEC_MEDIA_MAX_CANDIDATES);
    g_autoptr(LecMediaParams) twice =
        parse_edit("a=rtcp-mux", "a=rtcp-mux\na=candidate:1 1 udp 1 10.0.0.1 1 typ host\n"
                                 "a=candidate:1 1 udp 1 10.0.0.1 1 typ host generation 0\n"
                                 "a=candidate:2 1 tcp 1 10.0.0.1 1 typ host\n"
                                 "a=candidate:3 1 udp 1 turn.example.com 1 typ host");
    g_assert_cmpuint(twice->candidates->len, ==, 1);
}

static void test_fingerprints(void) {
    g_autoptr(LecMediaParams) two = parse_corpus(LEC_SDP_OFFER, "two-fingerprints");
    g_assert_cmphex(two->fingerprint.bytes[0], ==, 0x7b);
    g_autofree char *none = sdp_corpus_load("sha1-only");
    refuse(LEC_SDP_OFFER, none, LEC_SDP_ERROR_INSECURE);
    refuse_edit("a=fingerprint:sha-256 7B", "a=fingerprint:sha-256 ZB", LEC_SDP_ERROR_SYNTAX);
    refuse_edit("a=fingerprint:sha-256 ", "a=fingerprint:sha-256", LEC_SDP_ERROR_SYNTAX);
    refuse_edit("a=fingerprint:", "a=xfingerprint:", LEC_SDP_ERROR_INSECURE);
    g_autofree char *other = sdp_corpus_load("small-bare-lf");
    g_autofree char *line = g_strdup(strstr(other, "a=fingerprint"));
    line[strcspn(line, "\n") + 1] = '\0';
    line[strlen(line) - 2] ^= 1; /* 08 becomes 09 */
    g_autofree char *ambiguous = g_strconcat(other, line, NULL);
    refuse(LEC_SDP_OFFER, ambiguous, LEC_SDP_ERROR_INSECURE);
    g_autofree char *differ = sdp_corpus_edit("lectern-offer", "a=mid:a\r\n", "a=mid:a\r\na=x\r\n");
    char *second = strstr(strstr(differ, "a=mid:a"), "sha-256 7B");
    second[strlen("sha-256 ")] = '8';
    refuse(LEC_SDP_OFFER, differ, LEC_SDP_ERROR_INSECURE);
}

static void test_session_level(void) {
    g_autofree char *moved = sdp_corpus_edit("small-bare-lf", "a=setup:actpass\n", "");
    g_auto(GStrv) parts = g_strsplit(moved, "m=", 2);
    g_autofree char *text = g_strjoinv("a=setup:active\na=recvonly\nm=", parts);
    g_autoptr(LecMediaParams) params = parse(LEC_SDP_OFFER, text);
    g_assert_cmpint(params->setup, ==, LEC_SETUP_ACTIVE);
    g_assert_cmpint(params->sections[0].direction, ==, LEC_MEDIA_RECVONLY);
}

static void test_insecure(void) {
    g_autofree char *text = sdp_corpus_load("no-dtls");
    refuse(LEC_SDP_OFFER, text, LEC_SDP_ERROR_INSECURE);
    refuse_edit("UDP/TLS/RTP/SAVPF", "RTP/SAVPF", LEC_SDP_ERROR_INSECURE);
    refuse_edit("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", LEC_SDP_ERROR_INSECURE);
    g_autoptr(LecMediaParams) tcp = parse_edit("UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF");
    g_assert_nonnull(tcp);
}

static void test_unsupported(void) {
    refuse_edit("a=rtcp-mux\n", "", LEC_SDP_ERROR_UNSUPPORTED);
    refuse_edit("a=group:BUNDLE 0\n", "", LEC_SDP_ERROR_UNSUPPORTED);
    refuse_edit("a=group:BUNDLE 0", "a=group:BUNDLE 1", LEC_SDP_ERROR_UNSUPPORTED);
    refuse_edit("a=group:BUNDLE 0", "a=group:LS 0", LEC_SDP_ERROR_UNSUPPORTED);
    refuse_edit("a=mid:0\n", "", LEC_SDP_ERROR_UNSUPPORTED);
    refuse_edit("VP8/90000", "H265/90000", LEC_SDP_ERROR_UNSUPPORTED);
    refuse_edit("VP8/90000", "VP8/48000", LEC_SDP_ERROR_UNSUPPORTED);
    refuse_edit("m=video 9", "m=video 0", LEC_SDP_ERROR_UNSUPPORTED);
    refuse_edit("m=video 9", "m=text 9", LEC_SDP_ERROR_UNSUPPORTED);
    refuse(LEC_SDP_OFFER, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
           LEC_SDP_ERROR_UNSUPPORTED);
}

static void test_syntax(void) {
    static const char *const edits[][2] = {
        {"v=0\n", ""},
        {"v=0\n", "v=1\n"},
        {"v=0\n", "\nv=0\n"},
        {"o=- 1 1 IN IP4 0.0.0.0\n", ""},
        {"s=-\n", ""},
        {"t=0 0\n", ""},
        {"t=0 0\n", "t=0 0\nnonsense\n"},
        {"t=0 0\n", "t=0 0\nA=x\n"},
        {"t=0 0\n", "t=0 0\n\n"},
        {"t=0 0\n", "t=0 0\na=\x01\n"},
        {"t=0 0\n", "t=0 0\na=\xff\n"},
        {"t=0 0\n", "t=0 0\na=x\ry\n"},
        {"t=0 0\n", "t=0 0\na=candidate:1 1 udp 1 10.0.0.1 1 typ host\n"},
        {"m=video 9", "m=video"},
        {"m=video 9", "m=video 65536"},
        {"m=video 9", "m=video -1"},
        {"m=video 9", "m=video 9/2"},
        {"SAVPF 96", "SAVPF"},
        {"SAVPF 96", "SAVPF 96 "},
        {"SAVPF 96", "SAVPF 96 128"},
        {"SAVPF 96", "SAVPF 96 96"},
        {"SAVPF 96", "SAVPF x"},
        {"a=mid:0", "a=mid:"},
        {"a=mid:0", "a=mid:0 1"},
        {"abcd", "abc"},
        {"abcd", "ab-d"},
        {"ghijkl", "ghijk"},
        {"a=ice-ufrag:", "a=x:"},
        {"a=ice-pwd:", "a=x:"},
        {"a=setup:actpass", "a=setup:holdconn"},
        {"a=setup:actpass\n", ""},
        {"a=rtcp-mux", "a=rtcp-mux\na=candidate:1 1 udp 1 10.0.0.1 70000 typ host"},
        {"a=rtcp-mux", "a=rtcp-mux\na=ssrc:4294967296 cname:x"},
        {"a=rtcp-mux", "a=rtcp-mux\na=ssrc-group:FID 1"},
        {"a=rtcp-mux", "a=rtcp-mux\na=ssrc-group:FID 1 1"},
        {"a=rtcp-mux", "a=rtcp-mux\na=extmap:0 "
                       "urn:ietf:params:rtp-hdrext:sdes:mid"},
        {"a=rtcp-mux", "a=rtcp-mux\na=extmap:1"},
        {"a=rtcp-mux", "a=rtcp-mux\na=fmtp:96"},
        {"a=rtcp-mux", "a=rtcp-mux\na=fmtp:96 a\na=fmtp:96 b"},
        {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/90000\na=rtpmap:96 VP8/90000"},
        {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8"},
        {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/+90000"},
        {"a=rtpmap:96 VP8/90000", "a=rtpmap:960 VP8/90000"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(edits); i++)
        refuse_edit(edits[i][0], edits[i][1], LEC_SDP_ERROR_SYNTAX);
    refuse(LEC_SDP_OFFER, "", LEC_SDP_ERROR_SYNTAX);
    g_autofree char *same_mid = sdp_corpus_edit("lectern-offer", "a=mid:a", "a=mid:v");
    refuse(LEC_SDP_OFFER, same_mid, LEC_SDP_ERROR_SYNTAX);
    g_autofree char *same_type = sdp_corpus_edit("lectern-offer", "111", "96");
    refuse(LEC_SDP_OFFER, same_type, LEC_SDP_ERROR_SYNTAX);
    g_autofree char *same_id = sdp_corpus_edit("lectern-offer", "a=extmap:2", "a=extmap:1");
    refuse(LEC_SDP_OFFER, same_id, LEC_SDP_ERROR_SYNTAX);
}

static void test_limits(void) {
    g_autofree char *text = sdp_corpus_load("small-bare-lf");
    g_autoptr(GString) many = g_string_new(text);
    for (int i = 1; i < LEC_MEDIA_MAX_SECTIONS; i++)
        g_string_append(many, "m=text 0 RTP/AVP 98\n");
    g_autoptr(LecMediaParams) full = parse(LEC_SDP_OFFER, many->str);
    g_assert_cmpuint(full->n_sections, ==, LEC_MEDIA_MAX_SECTIONS);
    g_string_append(many, "m=text 0 RTP/AVP 98\n");
    refuse(LEC_SDP_OFFER, many->str, LEC_SDP_ERROR_LIMIT);

    g_autofree char *long_line = g_strnfill(2000, 'x');
    g_autofree char *too_wide = g_strdup_printf("%sa=%s\n", text, long_line);
    refuse(LEC_SDP_OFFER, too_wide, LEC_SDP_ERROR_LIMIT);
    g_autoptr(GString) too_long = g_string_new(text);
    while (too_long->len <= LEC_SDP_MAX_BYTES)
        g_string_append(too_long, "a=nothing\n");
    refuse(LEC_SDP_OFFER, too_long->str, LEC_SDP_ERROR_LIMIT);
    refuse_edit("a=mid:0", "a=mid:0123456789abcdefg", LEC_SDP_ERROR_LIMIT);

    g_autofree char *fmtp = g_strdup_printf("a=rtcp-mux\na=fmtp:96 %.200s", long_line);
    refuse_edit("a=rtcp-mux", fmtp,
                LEC_SDP_ERROR_UNSUPPORTED); /* the codec is dropped, the only one */
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp/chromium-offer", test_chromium_offer);
    g_test_add_func("/sdp/gstreamer-offer", test_gstreamer_offer);
    g_test_add_func("/sdp/max-bundle", test_max_bundle);
    g_test_add_func("/sdp/firefox-offer", test_firefox_offer);
    g_test_add_func("/sdp/answer", test_answer);
    g_test_add_func("/sdp/round-trips", test_round_trips);
    g_test_add_func("/sdp/write", test_write);
    g_test_add_func("/sdp/candidates-bounded", test_candidates_bounded);
    g_test_add_func("/sdp/fingerprints", test_fingerprints);
    g_test_add_func("/sdp/session-level", test_session_level);
    g_test_add_func("/sdp/insecure", test_insecure);
    g_test_add_func("/sdp/unsupported", test_unsupported);
    g_test_add_func("/sdp/syntax", test_syntax);
    g_test_add_func("/sdp/limits", test_limits);
    return g_test_run();
}
