/* The ways a call ends: the word on the wire and the sentence for people. */
#include "signalling/call.h"

static const struct {
    const char *word;
    const char *sentence;
} ENDS[] = {
    [LEC_CALL_END_BYE] = {"bye", "The presentation was ended."},
    [LEC_CALL_END_DENIED] =
        {"denied", "The meeting ID or the PIN is not right; look at the display and try again."},
    [LEC_CALL_END_LOCKED] = {"locked",
                             "There were too many wrong PINs; wait a while and try again."},
    [LEC_CALL_END_BUSY] =
        {"busy", "The display has no room for one more presenter; ask one of them to stop."},
    [LEC_CALL_END_REVOKED] =
        {"revoked",
         "This device may not present here any more; ask whoever looks after the display."},
    [LEC_CALL_END_DECLINED] = {"declined",
                               "Somebody at the display declined; ask them and try again."},
    [LEC_CALL_END_VERSION] =
        {"version", "The display and this program speak different versions; update the older one."},
    [LEC_CALL_END_PROTOCOL] = {"protocol",
                               "The other side said something that makes no sense here; try again, "
                               "and update both sides if it stays so."},
    [LEC_CALL_END_TIMEOUT] = {"timeout",
                              "No answer came in time; check the network and try again."},
    [LEC_CALL_END_IMPOSTOR] = {"impostor",
                               "What answered could not prove that it is the display; check the "
                               "meeting ID, and tell whoever looks after the network."},
    [LEC_CALL_END_MEDIA] =
        {"media",
         "The picture could not be sent; check that the network lets it through, and try again."},
    [LEC_CALL_END_GONE] = {"gone", "The connection to the display was lost; try again."},
};

const char *lec_call_end_word(LecCallEnd end) {
    g_assert((guint)end < G_N_ELEMENTS(ENDS));
    return ENDS[end].word;
}

const char *lec_call_end_sentence(LecCallEnd end) {
    g_assert((guint)end < G_N_ELEMENTS(ENDS));
    return ENDS[end].sentence;
}
