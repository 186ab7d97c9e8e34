// In the place of xmlbuilder2, which only VTK.js' writers of XML need.
export const create = null;
export default {};
