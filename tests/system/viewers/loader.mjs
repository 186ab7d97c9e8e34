// What the page of the image loader uses, put into one file by esbuild.
export {cache, imageLoader, init as initCore, utilities} from '@cornerstonejs/core';
export {init as initLoader, wadors} from '@cornerstonejs/dicom-image-loader';
