/* A seat as JSON: for the status, the host and the API. */
#include "receiver/json-write.h"
#include "receiver/seat-private.h"

void lec_seat_describe(const LecSeat *self, JsonBuilder *json) {
    static const char *const states[] = {"new",       "connecting",   "securing",
                                         "connected", "disconnected", "failed"};
    static const char *const places[] = {"waiting", "held", "shown"};
    static const char *const pauses[] = {"no", "by-sender", "by-host", "by-both"};
    const LecLinkStats *stats = &self->link_stats;
    lec_json_add_count(json, "id", self->id);
    lec_json_add_text(json, "name", self->name);
    lec_json_add_text(json, "source", self->source);
    lec_json_add_text(json, "door", self->door);
    lec_json_add_text(json, "fingerprint", self->device);
    lec_json_add_text(json, "sas", self->sas);
    lec_json_add_text(json, "place", places[self->state]);
    lec_json_add_text(json, "paused", pauses[self->pauses]);
    lec_json_add_bool(json, "hidden", self->hidden);
    lec_json_add_text(json, "state", states[self->link_state]);
    lec_json_add_count(json, "for_s", (g_get_monotonic_time() - self->since_us) / G_USEC_PER_SEC);
    lec_json_add_text(json, "srtp", stats->srtp_profile);
    lec_json_add_text(json, "local_candidate", stats->local_candidate);
    lec_json_add_text(json, "remote_candidate", stats->remote_candidate);
    lec_json_add_text(json, "codec", self->playback ? lec_playback_get_codec(self->playback) : "");
    lec_json_add_text(json, "decoder",
                      self->playback && lec_playback_get_decoder(self->playback)
                          ? lec_playback_get_decoder(self->playback)
                          : "");
    lec_json_add_count(json, "width", self->width);
    lec_json_add_count(json, "height", self->height);
    lec_json_add_count(json, "pictures", self->pictures);
    lec_json_add_count(json, "shown_per_s", self->tile_stats.shown);
    lec_json_add_count(json, "dropped_per_s", self->tile_stats.dropped);
    lec_json_add_count(json, "decoded_per_s", self->load.pictures);
    lec_json_add_number(json, "decode_ms",
                        self->load.pictures ? self->load.decode_us / 1000.0 / self->load.pictures
                                            : 0);
    lec_json_add_count(json, "asked_width", self->share.width);
    lec_json_add_count(json, "asked_height", self->share.height);
    lec_json_add_count(json, "asked_kbps", self->share.max_kbps);
    lec_json_add_count(json, "asked_fps", self->share.max_fps);
    lec_json_add_number(json, "display_ms", self->tile_stats.display_us / 1000.0);
    lec_json_add_number(json, "rtt_ms", stats->rtt_us / 1000.0);
    lec_json_add_count(json, "receiving_kbps", stats->receiving_kbps);
    lec_json_add_count(json, "received_packets", stats->received_packets);
    lec_json_add_count(json, "recovered_packets", stats->recovered_packets);
    lec_json_add_count(json, "lost_packets", stats->lost_packets);
    lec_json_add_count(json, "dropped_unvalidated", stats->dropped_unvalidated);
    lec_json_add_count(json, "dropped_srtp", stats->dropped_srtp);
    LecTrack *track = self->playback ? lec_playback_get_track(self->playback) : NULL;
    if (track)
        lec_json_add_number(json, "sound_skew_ms", (double)lec_track_get_skew_us(track) / 1000.0);
}
