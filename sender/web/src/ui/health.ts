/** How the connection is, in plain words first and in figures for who wants them. */
import type { Health } from '../contract'
import { formatNumber, formatPercent, t } from './i18n'

export function qualityWords(health: Health | null): string {
  switch (health?.quality ?? 'none') {
    case 'good': return t('Good connection')
    case 'fair': return t('Fair connection')
    case 'poor': return t('Poor connection')
    case 'none': return t('Measuring the connection…')
  }
}

/** People notice a tenth of a second when they point at things, and half a second when they talk. */
export function delayWords(latencyMs: number | null): string {
  if (latencyMs === null) return ''
  if (latencyMs < 120) return t('The display follows at once.')
  if (latencyMs < 300) return t('The display follows with a slight delay.')
  if (latencyMs < 700) return t('The display follows with a noticeable delay.')
  return t('The display follows with a long delay.')
}

export function limitWords(health: Health | null): string {
  switch (health?.limit ?? 'nothing') {
    case 'network': return t('The network keeps the picture from being better. '
      + 'Moving closer to the access point or plugging in a cable helps.')
    case 'processor': return t('This device is too busy to send a better picture. '
      + 'Closing other programs helps.')
    case 'tile': return t('The picture is sent as large as the display shows it.')
    case 'nothing': return ''
  }
}

export function codecName(codec: string): string {
  return codec === 'H264' ? 'H.264' : codec
}

/** Name and value, those that are known. */
export function figures(health: Health): readonly (readonly [string, string])[] {
  const rows: [string, string | null][] = [
    [t('Delay to the display'), milliseconds(health.latencyMs)],
    [t('Network round trip'), milliseconds(health.rttMs)],
    [t('Picture size'), pictureSize(health)],
    [t('Data rate'), health.kbps === null ? null : dataRate(health.kbps)],
    [t('Lost packets'), health.loss === null ? null : formatPercent(health.loss)],
    [t('Format'), health.codec === null ? null : codecName(health.codec)],
    [t('Encryption'), health.srtp === null ? null : encryptionName(health.srtp)],
  ]
  return rows.filter((row): row is [string, string] => row[1] !== null)
}

function milliseconds(value: number | null): string | null {
  return value === null ? null : t('{ms} ms', { ms: formatNumber(value) })
}

function dataRate(kbps: number): string {
  return t('{mbps} Mbit/s', { mbps: formatNumber(kbps / 1000, kbps < 1000 ? 2 : 1) })
}

function pictureSize({ width, height, fps }: Health): string | null {
  if (width === null || height === null) return null
  const size = `${String(width)} × ${String(height)}`
  return fps === null ? size : t('{size}, {fps} a second', { size, fps: formatNumber(fps) })
}

/** RFC 7714 and RFC 3711 give the names; what people know is the cipher. */
export function encryptionName(srtp: string): string {
  return srtp.replace(/^(SRTP_)?AEAD_AES_(\d+)_GCM.*$/, 'AES-$2-GCM')
    .replace(/^(SRTP_)?AES128_CM.*$/, 'AES-128-CTR')
}
