/** What sender/web/po.mjs makes of assets/translations/*.po at build time. */
declare module 'catalogue:*' {
  const catalogue: import('./languages').Catalogue
  export default catalogue
}
