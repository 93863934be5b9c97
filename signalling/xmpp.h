/* The names of XMPP that both ends of a door use (RFC 6120, RFC 7395, XEP-0199). */
#pragma once

#define LEC_XMPP_PATH "/xmpp"
#define LEC_XMPP_SUBPROTOCOL "xmpp" /* RFC 7395 §3.1 */

#define LEC_XMPP_NS_FRAMING "urn:ietf:params:xml:ns:xmpp-framing"
#define LEC_XMPP_NS_STREAM "http://etherx.jabber.org/streams"
#define LEC_XMPP_NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define LEC_XMPP_NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define LEC_XMPP_NS_BIND "urn:ietf:params:xml:ns:xmpp-bind"
#define LEC_XMPP_NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define LEC_XMPP_NS_CLIENT "jabber:client"
#define LEC_XMPP_NS_PING "urn:xmpp:ping"
