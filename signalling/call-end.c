/* The ways a call ends: the word on the wire and the sentence for people. */
#include "signalling/call.h"

#include "common/base/i18n.h"

static const struct {
    const char *word;
    const char *sentence;
} ENDS[] = {
    [LEC_CALL_END_BYE] = {"bye", N_("The presentation was ended.")},
    [LEC_CALL_END_DENIED] =
        {"denied",
         N_("The meeting ID or the PIN is not right; look at the display and try again.")},
    [LEC_CALL_END_LOCKED] = {"locked",
                             N_("There were too many wrong PINs; wait a while and try again.")},
    [LEC_CALL_END_BUSY] =
        {"busy", N_("The display has no room for one more presenter; ask one of them to stop.")},
    [LEC_CALL_END_REVOKED] =
        {"revoked",
         N_("This device may not present here any more; ask whoever looks after the display.")},
    [LEC_CALL_END_DECLINED] = {"declined",
                               N_("Somebody at the display declined; ask them and try again.")},
    [LEC_CALL_END_VERSION] =
        {"version",
         N_("The display and this program speak different versions; update the older one.")},
    [LEC_CALL_END_PROTOCOL] =
        {"protocol", N_("The other side said something that makes no sense here; try again, "
                        "and update both sides if it stays so.")},
    [LEC_CALL_END_TIMEOUT] = {"timeout",
                              N_("No answer came in time; check the network and try again.")},
    [LEC_CALL_END_IMPOSTOR] = {"impostor",
                               N_("What answered could not prove that it is the display; check the "
                                  "meeting ID, and tell whoever looks after the network.")},
    [LEC_CALL_END_MEDIA] = {"media", N_("The picture could not be sent; check that the network "
                                        "lets it through, and try again.")},
    [LEC_CALL_END_GONE] = {"gone", N_("The connection to the display was lost; try again.")},
};

const char *lec_call_end_word(LecCallEnd end) {
    g_assert((guint)end < G_N_ELEMENTS(ENDS));
    return ENDS[end].word;
}

const char *lec_call_end_sentence(LecCallEnd end) {
    g_assert((guint)end < G_N_ELEMENTS(ENDS));
    return _(ENDS[end].sentence);
}
