/* A seat as JSON: for the status, the host and the API. */
#include "receiver/seat-private.h"

static void describe_number(JsonBuilder *json, const char *key, double value) {
    json_builder_set_member_name(json, key);
    json_builder_add_double_value(json, value);
}

static void describe_count(JsonBuilder *json, const char *key, guint64 value) {
    json_builder_set_member_name(json, key);
    json_builder_add_int_value(json, (gint64)value);
}

static void describe_text(JsonBuilder *json, const char *key, const char *value) {
    json_builder_set_member_name(json, key);
    json_builder_add_string_value(json, value);
}

void lec_seat_describe(const LecSeat *self, JsonBuilder *json) {
    static const char *const states[] = {"new",       "connecting",   "securing",
                                         "connected", "disconnected", "failed"};
    static const char *const places[] = {"waiting", "held", "shown"};
    static const char *const pauses[] = {"no", "by-sender", "by-host", "by-both"};
    const LecLinkStats *stats = &self->link_stats;
    describe_count(json, "id", self->id);
    describe_text(json, "name", self->name);
    describe_text(json, "source", self->source);
    describe_text(json, "door", self->door);
    describe_text(json, "fingerprint", self->device);
    describe_text(json, "sas", self->sas);
    describe_text(json, "place", places[self->state]);
    describe_text(json, "paused", pauses[self->pauses]);
    describe_text(json, "state", states[self->link_state]);
    describe_count(json, "for_s",
                   (guint64)(g_get_monotonic_time() - self->since_us) / G_USEC_PER_SEC);
    describe_text(json, "srtp", stats->srtp_profile);
    describe_text(json, "local_candidate", stats->local_candidate);
    describe_text(json, "remote_candidate", stats->remote_candidate);
    describe_text(json, "codec", self->playback ? lec_playback_get_codec(self->playback) : "");
    describe_text(json, "decoder",
                  self->playback && lec_playback_get_decoder(self->playback)
                      ? lec_playback_get_decoder(self->playback)
                      : "");
    describe_count(json, "width", self->width);
    describe_count(json, "height", self->height);
    describe_count(json, "pictures", self->pictures);
    describe_count(json, "shown_per_s", self->tile_stats.shown);
    describe_count(json, "dropped_per_s", self->tile_stats.dropped);
    describe_count(json, "decoded_per_s", self->load.pictures);
    describe_number(json, "decode_ms",
                    self->load.pictures ? self->load.decode_us / 1000.0 / self->load.pictures : 0);
    describe_count(json, "asked_width", self->share.width);
    describe_count(json, "asked_height", self->share.height);
    describe_count(json, "asked_kbps", self->share.max_kbps);
    describe_count(json, "asked_fps", self->share.max_fps);
    describe_number(json, "display_ms", self->tile_stats.display_us / 1000.0);
    describe_number(json, "rtt_ms", stats->rtt_us / 1000.0);
    describe_count(json, "receiving_kbps", stats->receiving_kbps);
    describe_count(json, "received_packets", stats->received_packets);
    describe_count(json, "recovered_packets", stats->recovered_packets);
    describe_count(json, "lost_packets", stats->lost_packets);
    describe_count(json, "dropped_unvalidated", stats->dropped_unvalidated);
    describe_count(json, "dropped_srtp", stats->dropped_srtp);
    LecTrack *track = self->playback ? lec_playback_get_track(self->playback) : NULL;
    if (track)
        describe_number(json, "sound_skew_ms", (double)lec_track_get_skew_us(track) / 1000.0);
}
