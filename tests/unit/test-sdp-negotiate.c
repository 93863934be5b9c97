/* Offer and answer: browsers' offers and our own, answered by a box. */
#include "signalling/sdp.h"
#include "tests/support/media-params-equal.h"
#include "tests/support/sdp-corpus.h"

static LecMediaParams *load_offer(const char *name) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text = sdp_corpus_load(name);
    LecMediaParams *offer = lec_sdp_parse(LEC_SDP_OFFER, text, strlen(text), &error);
    g_assert_no_error(error);
    return offer;
}

/* The answer, as the other side will read it. */
static LecMediaParams *negotiate(const LecMediaParams *offer, const LecMediaParams *local) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecMediaParams) answer = lec_sdp_negotiate(offer, local, &error);
    g_assert_no_error(error);
    g_autofree char *text = lec_sdp_write(LEC_SDP_ANSWER, answer);
    LecMediaParams *read = lec_sdp_parse(LEC_SDP_ANSWER, text, strlen(text), &error);
    g_assert_no_error(error);
    g_assert_true(media_params_equal(answer, read));
    return read;
}

static void test_chromium(void) {
    g_autoptr(LecMediaParams) offer = load_offer("chromium-offer");
    g_autoptr(LecMediaParams) box = make_box_params();
    g_autoptr(LecMediaParams) answer = negotiate(offer, box);
    g_assert_cmpstr(answer->ice_ufrag, ==, "boxx");
    g_assert_cmpint(answer->setup, ==, LEC_SETUP_PASSIVE);
    g_assert_cmpuint(answer->n_sections, ==, 3);
    const LecMediaSection *audio = &answer->sections[0], *video = &answer->sections[1];
    g_assert_cmpstr(audio->mid, ==, "0");
    g_assert_cmpstr(audio->codecs[0].fmtp, ==, "stereo=1;useinbandfec=1");
    g_assert_cmpuint(audio->transport_cc_id, ==, 0); /* the box's sound has none */
    g_assert_cmpint(video->direction, ==, LEC_MEDIA_RECVONLY);
    g_assert_cmpuint(video->transport_cc_id, ==, 3);
    g_assert_cmpuint(video->mid_id, ==, 4);
    g_assert_cmpuint(video->n_codecs, ==, 2);
    g_assert_cmpint(video->codecs[0].codec, ==, LEC_CODEC_H264); /* our preference */
    g_assert_cmpuint(video->codecs[0].payload_type, ==, 109);
    g_assert_cmpuint(video->codecs[0].rtx_payload_type, ==, 114);
    g_assert_cmpstr(video->codecs[0].fmtp, ==,
                    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e02a;"
                    "x-google-start-bitrate=4000");
    g_assert_cmpint(video->codecs[1].codec, ==, LEC_CODEC_VP8);
    g_assert_cmpuint(video->codecs[1].rtx_payload_type, ==, 0); /* the box wants none there */
    g_assert_true(answer->sections[2].rejected);
    g_assert_cmpint(answer->sections[2].kind, ==, LEC_MEDIA_OTHER);
}

static void test_firefox(void) {
    g_autoptr(LecMediaParams) offer = load_offer("firefox-offer");
    g_autoptr(LecMediaParams) box = make_box_params();
    g_autoptr(LecMediaParams) answer = negotiate(offer, box);
    const LecMediaSection *video = &answer->sections[1];
    g_assert_cmpuint(video->codecs[0].payload_type, ==, 126);
    g_assert_cmpuint(video->codecs[0].rtx_payload_type, ==, 127);
    g_assert_cmpuint(video->transport_cc_id, ==, 7);
    g_assert_cmpint(video->codecs[1].codec, ==, LEC_CODEC_VP8);
    g_assert_cmpstr(video->codecs[1].fmtp, ==, ""); /* Firefox's limits are not ours */
    g_assert_true(answer->sections[2].rejected);
}

/* The answer must write a rejected section with port 0, in its place, outside the group. */
static void test_rejection_written(void) {
    g_autoptr(LecMediaParams) offer = load_offer("chromium-offer");
    g_autoptr(LecMediaParams) box = make_box_params();
    box->n_sections = 1; /* video alone */
    g_autoptr(LecMediaParams) answer = negotiate(offer, box);
    g_assert_true(answer->sections[0].rejected);
    g_autofree char *text = lec_sdp_write(LEC_SDP_ANSWER, answer);
    g_assert_nonnull(strstr(text, "a=group:BUNDLE 1\r\n"));
    const char *audio = strstr(text, "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n");
    const char *video = strstr(text, "m=video 9 UDP/TLS/RTP/SAVPF 109 114 96\r\n");
    const char *data = strstr(text, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n");
    g_assert_true(audio && video && data && audio < video && video < data);
}

static void test_directions(void) {
    static const LecMediaDirection I = LEC_MEDIA_INACTIVE, S = LEC_MEDIA_SENDONLY,
                                   R = LEC_MEDIA_RECVONLY, B = LEC_MEDIA_SENDRECV;
    const struct {
        LecMediaDirection offered, ours, expected;
    } cases[] = {{S, R, R}, {B, R, R}, {R, R, I}, {I, R, I}, {B, B, B}, {S, B, R},
                 {R, B, S}, {S, S, I}, {R, S, S}, {B, S, S}, {B, I, I}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LecMediaParams) offer = load_offer("lectern-offer");
        g_autoptr(LecMediaParams) box = make_box_params();
        offer->sections[0].direction = cases[i].offered;
        box->sections[0].direction = cases[i].ours;
        box->sections[0].ssrc = 99;
        g_autoptr(LecMediaParams) answer = negotiate(offer, box);
        g_assert_cmpint(answer->sections[0].direction, ==, cases[i].expected);
        bool sends = cases[i].expected == S || cases[i].expected == B;
        g_assert_cmpuint(answer->sections[0].ssrc, ==, sends ? 99 : 0);
    }
}

static void test_setup(void) {
    const struct {
        LecSetup offered, ours, expected;
    } cases[] = {{LEC_SETUP_ACTPASS, LEC_SETUP_ACTPASS, LEC_SETUP_PASSIVE},
                 {LEC_SETUP_ACTPASS, LEC_SETUP_PASSIVE, LEC_SETUP_PASSIVE},
                 {LEC_SETUP_ACTPASS, LEC_SETUP_ACTIVE, LEC_SETUP_ACTIVE},
                 {LEC_SETUP_ACTIVE, LEC_SETUP_ACTIVE, LEC_SETUP_PASSIVE},
                 {LEC_SETUP_PASSIVE, LEC_SETUP_PASSIVE, LEC_SETUP_ACTIVE}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LecMediaParams) offer = load_offer("lectern-offer");
        g_autoptr(LecMediaParams) box = make_box_params();
        offer->setup = cases[i].offered;
        box->setup = cases[i].ours;
        g_autoptr(LecMediaParams) answer = negotiate(offer, box);
        g_assert_cmpint(answer->setup, ==, cases[i].expected);
    }
}

/* RFC 6184 §8.2.2. NULL: no match. */
static void test_h264(void) {
    static const struct {
        const char *ours, *offered, *expected;
    } cases[] = {
        {"packetization-mode=1;profile-level-id=42e01f",
         "packetization-mode=1;profile-level-id=42e00b",
         "packetization-mode=1;profile-level-id=42e00b"},
        {"packetization-mode=1;profile-level-id=42e01f",
         "packetization-mode=1; profile-level-id=42E028",
         "packetization-mode=1;profile-level-id=42e01f"},
        {"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e028",
         "profile-level-id=42c00b;Packetization-Mode=1;level-asymmetry-allowed=1",
         "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c028"},
        /* Constrained Baseline in Main's spelling */
        {"packetization-mode=1;profile-level-id=42e01f",
         "packetization-mode=1;profile-level-id=4d801f",
         "packetization-mode=1;profile-level-id=4d801f"},
        {"packetization-mode=1;profile-level-id=64001f",
         "packetization-mode=1;profile-level-id=640c1f", NULL},
        {"packetization-mode=1;profile-level-id=42e01f",
         "packetization-mode=1;profile-level-id=42001f", NULL},
        {"packetization-mode=1;profile-level-id=42e01f",
         "packetization-mode=1;profile-level-id=4d001f", NULL},
        {"packetization-mode=1;profile-level-id=42e01f",
         "packetization-mode=0;profile-level-id=42e01f", NULL},
        {"packetization-mode=1;profile-level-id=42e01f", "profile-level-id=42e01f", NULL},
        {"packetization-mode=1;profile-level-id=42e01f", "packetization-mode=1", NULL},
        {"packetization-mode=1;profile-level-id=42e01f",
         "packetization-mode=1;profile-level-id=42e01", NULL},
        {"packetization-mode=1;profile-level-id=42e01f",
         "packetization-mode=1;profile-level-id=42e01g", NULL},
        {"packetization-mode=1;profile-level-id=ffff1f",
         "packetization-mode=1;profile-level-id=ffff1f", NULL},
        {"packetization-mode=1", "packetization-mode=1;profile-level-id=42001f",
         "packetization-mode=1;profile-level-id=42000a"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LecMediaParams) offer = load_offer("lectern-offer");
        g_autoptr(LecMediaParams) box = make_box_params();
        box->sections[0].n_codecs = 1;
        char *ours = box->sections[0].codecs[0].fmtp, *offered = offer->sections[0].codecs[0].fmtp;
        g_strlcpy(ours, cases[i].ours, sizeof box->sections[0].codecs[0].fmtp);
        g_strlcpy(offered, cases[i].offered, sizeof offer->sections[0].codecs[0].fmtp);
        g_autoptr(LecMediaParams) answer = negotiate(offer, box); /* audio is always left */
        g_test_message("%s / %s", cases[i].ours, cases[i].offered);
        g_assert_cmpint(answer->sections[0].rejected, ==, cases[i].expected == NULL);
        if (cases[i].expected)
            g_assert_cmpstr(answer->sections[0].codecs[0].fmtp, ==, cases[i].expected);
    }
}

static void test_vp9_profile(void) {
    g_autoptr(LecMediaParams) offer = load_offer("chromium-video-only");
    g_autoptr(LecMediaParams) box = make_box_params();
    LecMediaSection *video = &box->sections[0];
    video->n_codecs = 1;
    video->codecs[0] = (LecCodecParams){
        .codec = LEC_CODEC_VP9, .payload_type = 1, .clock_rate = 90000, .fmtp = "profile-id=2"};
    g_autoptr(LecMediaParams) answer = negotiate(offer, box);
    g_assert_cmpuint(answer->sections[0].codecs[0].payload_type, ==, 100);
    *video->codecs[0].fmtp = '\0'; /* absent means 0 */
    g_autoptr(LecMediaParams) plain = negotiate(offer, box);
    g_assert_cmpuint(plain->sections[0].codecs[0].payload_type, ==, 98);
    g_assert_cmpstr(plain->sections[0].codecs[0].fmtp, ==, "profile-id=0");
}

static void test_av1_profile(void) {
    g_autoptr(LecMediaParams) offer = load_offer("chromium-video-only");
    g_autoptr(LecMediaParams) box = make_box_params();
    LecCodecParams *ours = box->sections[0].codecs;
    box->sections[0].n_codecs = 1;
    *ours = (LecCodecParams){.codec = LEC_CODEC_AV1,
                             .payload_type = 1,
                             .clock_rate = 90000,
                             .fmtp = "level-idx=9;profile=0;tier=0"};
    g_autoptr(LecMediaParams) answer = negotiate(offer, box);
    g_assert_cmpuint(answer->sections[0].codecs[0].payload_type, ==, 45);
    g_assert_cmpstr(answer->sections[0].codecs[0].fmtp, ==, "level-idx=9;profile=0;tier=0");
    g_strlcpy(ours->fmtp, "profile=1", sizeof ours->fmtp);
    g_assert_null(lec_sdp_negotiate(offer, box, NULL));
}

static void test_nothing_left(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecMediaParams) offer = load_offer("small-bare-lf"); /* VP8 alone */
    g_autoptr(LecMediaParams) box = make_box_params();
    box->sections[0].n_codecs = 1; /* H.264 alone */
    g_assert_null(lec_sdp_negotiate(offer, box, &error));
    g_assert_error(error, LEC_SDP_ERROR, LEC_SDP_ERROR_UNSUPPORTED);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp-negotiate/chromium", test_chromium);
    g_test_add_func("/sdp-negotiate/firefox", test_firefox);
    g_test_add_func("/sdp-negotiate/rejection-written", test_rejection_written);
    g_test_add_func("/sdp-negotiate/directions", test_directions);
    g_test_add_func("/sdp-negotiate/setup", test_setup);
    g_test_add_func("/sdp-negotiate/h264", test_h264);
    g_test_add_func("/sdp-negotiate/vp9-profile", test_vp9_profile);
    g_test_add_func("/sdp-negotiate/av1-profile", test_av1_profile);
    g_test_add_func("/sdp-negotiate/nothing-left", test_nothing_left);
    return g_test_run();
}
