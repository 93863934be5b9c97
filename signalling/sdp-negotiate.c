/* Offer and answer (RFC 3264, RFC 8829 §5.3): what both sides can do, in the offer's numbers and
 * our preference. */
#include "signalling/sdp-internal.h"

#include <string.h>

static bool sends(LecMediaDirection direction) {
    return direction == LEC_MEDIA_SENDONLY || direction == LEC_MEDIA_SENDRECV;
}

static bool receives(LecMediaDirection direction) {
    return direction == LEC_MEDIA_RECVONLY || direction == LEC_MEDIA_SENDRECV;
}

/* RFC 3264 §6.1: we send only what the other takes, and take only what it sends. */
static LecMediaDirection match_direction(LecMediaDirection offered, LecMediaDirection ours) {
    bool we_send = sends(ours) && receives(offered);
    bool we_receive = receives(ours) && sends(offered);
    if (we_send)
        return we_receive ? LEC_MEDIA_SENDRECV : LEC_MEDIA_SENDONLY;
    return we_receive ? LEC_MEDIA_RECVONLY : LEC_MEDIA_INACTIVE;
}

/* RFC 8842 §5.3. Where the choice is ours and nothing is wanted we are the server, which chooses
 * the cipher. */
static LecSetup match_setup(LecSetup offered, LecSetup ours) {
    switch (offered) {
    case LEC_SETUP_ACTIVE:
        return LEC_SETUP_PASSIVE;
    case LEC_SETUP_PASSIVE:
        return LEC_SETUP_ACTIVE;
    case LEC_SETUP_ACTPASS:
        break;
    }
    return ours == LEC_SETUP_ACTIVE ? LEC_SETUP_ACTIVE : LEC_SETUP_PASSIVE;
}

static bool has_type(const LecMediaSection *section, guint8 payload_type) {
    for (guint i = 0; i < section->n_codecs; i++)
        if (section->codecs[i].payload_type == payload_type)
            return true;
    return false;
}

/* One of ours against one of the offer's; false where they are not the same format. */
static bool match_codec(const LecCodecParams *ours, const LecCodecParams *offered,
                        LecCodecParams *ret) {
    if (ours->codec != offered->codec || ours->clock_rate != offered->clock_rate ||
        ours->channels != offered->channels)
        return false;
    g_autofree char *fmtp = lec_sdp_match_fmtp(ours->codec, ours->fmtp, offered->fmtp);
    if (!fmtp || strlen(fmtp) >= sizeof ret->fmtp)
        return false;
    *ret = *offered;
    g_strlcpy(ret->fmtp, fmtp, sizeof ret->fmtp);
    if (!ours->rtx_payload_type)
        ret->rtx_payload_type = 0;
    ret->nack = ours->nack && offered->nack;
    ret->pli = ours->pli && offered->pli;
    ret->transport_cc = ours->transport_cc && offered->transport_cc;
    return true;
}

static void match_codecs(const LecMediaSection *offered, const LecMediaSection *ours,
                         LecMediaSection *answer) {
    for (guint i = 0; i < ours->n_codecs; i++) {
        for (guint j = 0; j < offered->n_codecs && answer->n_codecs < LEC_MEDIA_MAX_CODECS; j++) {
            LecCodecParams codec;
            if (has_type(answer, offered->codecs[j].payload_type) ||
                !match_codec(&ours->codecs[i], &offered->codecs[j], &codec))
                continue;
            answer->codecs[answer->n_codecs++] = codec;
            break;
        }
    }
}

/* The next section of ours that is of this kind and not yet taken. */
static const LecMediaSection *take_ours(const LecMediaParams *local, LecMediaKind kind,
                                        guint *taken) {
    for (guint i = 0; i < local->n_sections; i++) {
        const LecMediaSection *section = &local->sections[i];
        if (section->kind != kind || section->rejected || *taken & (1u << i))
            continue;
        *taken |= 1u << i;
        return section;
    }
    return NULL;
}

static void reject(const LecMediaSection *offered, LecMediaSection *ret) {
    *ret =
        (LecMediaSection){.kind = offered->kind, .rejected = true, .direction = LEC_MEDIA_INACTIVE};
    g_strlcpy(ret->mid, offered->mid, sizeof ret->mid);
    g_strlcpy(ret->other, offered->other, sizeof ret->other);
}

/* False where the two have no codec in common; then the section has to be rejected (RFC 3264 §6).
 */
static bool match_section(const LecMediaSection *offered, const LecMediaSection *ours,
                          LecMediaSection *ret) {
    LecMediaSection answer = {.kind = offered->kind};
    match_codecs(offered, ours, &answer);
    if (answer.n_codecs == 0)
        return false;
    g_strlcpy(answer.mid, offered->mid, sizeof answer.mid);
    answer.direction = match_direction(offered->direction, ours->direction);
    answer.transport_cc_id = ours->transport_cc_id ? offered->transport_cc_id : 0;
    answer.mid_id = ours->mid_id ? offered->mid_id : 0;
    if (sends(answer.direction)) {
        answer.ssrc = ours->ssrc;
        answer.rtx_ssrc = ours->rtx_ssrc;
    }
    *ret = answer;
    return true;
}

LecMediaParams *lec_sdp_negotiate(const LecMediaParams *offer, const LecMediaParams *local,
                                  GError **error) {
    g_autoptr(LecMediaParams) answer = lec_media_params_copy(local);
    guint taken = 0, n_accepted = 0;
    memset(answer->sections, 0, sizeof answer->sections);
    answer->n_sections = offer->n_sections;
    answer->setup = match_setup(offer->setup, local->setup);
    for (guint i = 0; i < offer->n_sections; i++) {
        const LecMediaSection *offered = &offer->sections[i];
        const LecMediaSection *ours =
            offered->rejected ? NULL : take_ours(local, offered->kind, &taken);
        if (ours && match_section(offered, ours, &answer->sections[i]))
            n_accepted++;
        else
            reject(offered, &answer->sections[i]);
    }
    if (n_accepted == 0) {
        g_set_error_literal(error, LEC_SDP_ERROR, LEC_SDP_ERROR_UNSUPPORTED,
                            "The two sides have no codec in common.");
        return NULL;
    }
    return g_steal_pointer(&answer);
}
