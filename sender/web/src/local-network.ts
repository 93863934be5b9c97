/** Whether the browser keeps this page from devices on the person's own network (Chromium's Local Network Access). */
const NAMES = ['local-network', 'local-network-access']

/** False where it does not, or does not tell. */
export async function isLocalNetworkDenied(): Promise<boolean> {
  for (const name of NAMES) {
    const status = await navigator.permissions?.query({ name: name as PermissionName }).catch(() => null)
    if (status) return status.state === 'denied'
  }
  return false
}
